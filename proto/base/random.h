/* random - cryptographically secure random numbers.
 *
 * random_init must be called once at start-up, before any other function of this header and
 * before uuid_new, random_u64 or seal_close; it aborts if the system has no source of randomness.
 */
#ifndef PROTO_BASE_RANDOM_H
#define PROTO_BASE_RANDOM_H
#include <stdint.h>

void     random_init(void);
uint64_t random_u64(void);
uint64_t random_below(uint64_t limit); /* 0 <= result < limit; limit must be > 0 */

#endif
