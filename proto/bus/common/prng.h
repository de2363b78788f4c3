/* prng - a seeded pseudo-random number generator, not for secrets.
 *
 * A state machine with a generator of its own is deterministic: the same seed and
 * the same events give the same actions. */
#ifndef PROTO_BUS_COMMON_PRNG_H
#define PROTO_BUS_COMMON_PRNG_H
#include <stdint.h>

struct prng {
    uint64_t state; /* the seed, at first */
};

uint64_t prng_next(struct prng *d);
uint64_t prng_below(struct prng *d, uint64_t limit); /* 0 <= x < limit; limit > 0 */

#endif
