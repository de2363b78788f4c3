/* Jobs without a request. */
#include <stdlib.h>

#include "base/random.h"
#include "periodic.h"
#include "redis/keys.h"

#define INTERVAL_MS 1000

struct periodic {
    struct loop               *loop; /* borrowed */
    const struct periodic_ops *ops;
    void                      *ctx;
    struct timer               timer;
    bool                       busy[KEYS_BUCKETS];
};

static void on_end(void *ctx)
{
    *(bool *)ctx = false;
}

static void start(struct periodic *p, unsigned bucket)
{
    struct job *j = p->ops->make(p->ctx, bucket);

    j->on_end = on_end;
    j->on_end_ctx = &p->busy[bucket];
    p->busy[bucket] = true;
    job_run(j);
}

static void on_time(void *ctx)
{
    struct periodic *p = ctx;

    for (unsigned bucket = 0; bucket < KEYS_BUCKETS && p->ops->is_due(p->ctx); bucket++)
        if (!p->busy[bucket])
            start(p, bucket);
    timer_start(&p->timer, p->loop, INTERVAL_MS / 2 + random_below(INTERVAL_MS), on_time, p);
}

struct periodic *periodic_new(struct loop *l, const struct periodic_ops *ops, void *ctx)
{
    struct periodic *p = mem_new(sizeof *p);

    p->loop = l;
    p->ops = ops;
    p->ctx = ctx;
    timer_start(&p->timer, l, random_below(INTERVAL_MS), on_time, p);
    return p;
}

void periodic_free(struct periodic **periodic)
{
    if (!*periodic)
        return;
    timer_stop(&(*periodic)->timer);
    free(*periodic);
    *periodic = NULL;
}
