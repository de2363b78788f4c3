/* SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixer, no bad seeds. */
#include "bus/common/prng.h"
#include "base/mem.h"

uint64_t prng_next(struct prng *p)
{
    uint64_t x = p->state += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t prng_below(struct prng *p, uint64_t limit)
{
    must(limit > 0);
    return prng_next(p) % limit;
}
