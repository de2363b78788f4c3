/* dice - numbers that look random and can be thrown again from the same seed.
 *
 * For choices that need no secrecy: whom to ask, how long to wait.  A state
 * machine with its own dice behaves the same whenever it is fed the same. */
#ifndef PROTO_BUS_COMMON_PRNG_H
#define PROTO_BUS_COMMON_PRNG_H
#include <stdint.h>

struct prng {
    uint64_t state; /* the seed, at first */
};

uint64_t prng_next(struct prng *d);
uint64_t prng_below(struct prng *d, uint64_t limit); /* 0 <= x < limit; limit > 0 */

#endif
