/* A table of fixed size: a flood of addresses evicts the oldest entries, and nothing grows. */
#include <stdlib.h>

#include <sodium.h>

#include "base/mem.h"
#include "session/rate.h"

#define SETS 4096
#define WAYS 4

struct cell {
    uint64_t who;     /* a keyed hash, so that clients cannot choose to collide with others */
    uint64_t full_at; /* from then on the bucket is as good as unused */
};

struct rate {
    uint64_t      per_ms, step_ms;
    unsigned char key[crypto_shorthash_KEYBYTES];
    struct cell   cells[SETS][WAYS];
};

struct rate *rate_new(unsigned burst, uint64_t per_ms)
{
    struct rate *l = mem_new(sizeof *l);

    must(burst > 0);
    l->per_ms = per_ms;
    l->step_ms = per_ms / burst ? per_ms / burst : 1;
    crypto_shorthash_keygen(l->key);
    return l;
}

void rate_free(struct rate **l)
{
    free(*l);
    *l = NULL;
}

/* The cell of who, or else the one of the set that becomes unused first. */
static struct cell *cell_of(struct rate *l, struct str who)
{
    uint64_t hash;

    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)who.p, who.len, l->key);
    struct cell *set = l->cells[hash % SETS], *soonest = set;
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].who == hash)
            return &set[i];
        if (set[i].full_at < soonest->full_at)
            soonest = &set[i];
    }
    *soonest = (struct cell){.who = hash};
    return soonest;
}

uint64_t rate_take(struct rate *l, struct str who, uint64_t now)
{
    struct cell *c = cell_of(l, who);
    uint64_t     from = c->full_at > now ? c->full_at : now;
    uint64_t     next = from + l->step_ms;

    if (next > now + l->per_ms)
        return next - l->per_ms - now;
    c->full_at = next;
    return 0;
}
