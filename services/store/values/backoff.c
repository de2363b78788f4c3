/* Exponential backoff with jitter. */
#include "backoff.h"
#include "base/random.h"

#define FIRST_MS 50
#define DOUBLES  6
#define MOST_MS  2000

uint64_t backoff_next(struct backoff *b)
{
    uint64_t most = (uint64_t)FIRST_MS << b->tries;

    if (b->tries < DOUBLES)
        b->tries++;
    if (most > MOST_MS)
        most = MOST_MS;
    return most / 2 + random_below(most / 2 + 1);
}
