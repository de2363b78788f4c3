/* Random numbers from libsodium. */
#include <sodium.h>

#include "base/mem.h"
#include "base/random.h"

void random_init(void)
{
    must(sodium_init() >= 0);
}

uint64_t random_u64(void)
{
    uint64_t n;
    randombytes_buf(&n, sizeof n);
    return n;
}

uint64_t random_below(uint64_t limit)
{
    must(limit > 0);
    if (limit <= UINT32_MAX)
        return randombytes_uniform((uint32_t)limit);
    return random_u64() % limit;
}
