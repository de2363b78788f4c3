/* One statement after the other while there is something to do, then a pause. */
#include <stdlib.h>

#include "base/random.h"
#include "pg/pg_send.h"
#include "search_index.h"

#define CONVERSATIONS 4
#define TURNS         8
#define IDLE_MS       1000
#define PAUSE_MS      5

struct search_index {
    struct loop      *loop; /* borrowed */
    struct pg_client *pg;   /* borrowed */
    struct timer      timer;
};

static void index_next(void *ctx);

static void wait_idle(struct search_index *s)
{
    timer_start(&s->timer, s->loop, IDLE_MS / 2 + random_below(IDLE_MS), index_next, s);
}

static void on_indexed(void *ctx, enum err err, struct result_set *sets, unsigned count)
{
    struct search_index *s = ctx;

    (void)count;
    if (err || !sql_search_index_row(&sets[0], 0).conversations)
        wait_idle(s);
    else
        timer_start(&s->timer, s->loop, PAUSE_MS, index_next, s);
}

static void index_next(void *ctx)
{
    struct search_index          *s = ctx;
    struct args                   args;
    const struct sql_search_index p = {.conversations = param_u64(CONVERSATIONS),
                                       .turns = param_u64(TURNS)};
    const struct sql_call         call = sql_search_index(&args, &p);

    if (pg_send(s->pg, &call, 1, on_indexed, s))
        wait_idle(s);
}

struct search_index *search_index_new(struct loop *l, struct pg_client *pg)
{
    struct search_index *s = mem_new(sizeof *s);

    s->loop = l;
    s->pg = pg;
    wait_idle(s);
    return s;
}

void search_index_free(struct search_index **index)
{
    struct search_index *s = *index;

    if (!s)
        return;
    timer_stop(&s->timer);
    free(s);
    *index = NULL;
}
