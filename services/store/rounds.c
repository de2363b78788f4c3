/* Jobs without a request. */
#include <stdlib.h>

#include "base/random.h"
#include "rounds.h"

#define EVERY_MS 1000

struct rounds {
    struct loop         *loop;   /* borrowed */
    const struct world  *world;  /* borrowed */
    const struct config *config; /* borrowed */
    enum step            first;
    bool (*is_up)(void *ctx);
    void        *ctx;
    struct timer timer;
    bool         busy[KEY_BUCKETS];
};

static void start(struct rounds *r, unsigned bucket)
{
    struct job *j = job_make(r->world, r->config, r->first);

    j->rounds = r;
    j->bucket = bucket;
    r->busy[bucket] = true;
    job_run(j);
}

void rounds_end(struct rounds *r, unsigned bucket)
{
    r->busy[bucket] = false;
}

static void on_time(void *ctx)
{
    struct rounds *r = ctx;

    for (unsigned bucket = 0; bucket < KEY_BUCKETS && r->is_up(r->ctx); bucket++)
        if (!r->busy[bucket])
            start(r, bucket);
    timer_start(&r->timer, r->loop, EVERY_MS / 2 + random_below(EVERY_MS), on_time, r);
}

struct rounds *rounds_new(struct loop *l, const struct world *world, const struct config *config,
                          enum step first, bool (*is_up)(void *ctx), void *ctx)
{
    struct rounds *r = mem_new(sizeof *r);

    r->loop = l;
    r->world = world;
    r->config = config;
    r->first = first;
    r->is_up = is_up;
    r->ctx = ctx;
    timer_start(&r->timer, l, random_below(EVERY_MS), on_time, r);
    return r;
}

void rounds_free(struct rounds **rounds)
{
    if (!*rounds)
        return;
    timer_stop(&(*rounds)->timer);
    free(*rounds);
    *rounds = NULL;
}
