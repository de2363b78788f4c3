/* One statement after the other while there is something to do, then a rest. */
#include <stdlib.h>

#include "base/random.h"
#include "fill.h"

#define CHATS      4
#define TURNS      8
#define REST_MS    1000
#define BETWEEN_MS 5

struct fill {
    struct loop *loop; /* borrowed */
    struct pg   *pg;   /* borrowed */
    struct timer timer;
};

static void go_on(void *ctx);

static void rest(struct fill *f)
{
    timer_start(&f->timer, f->loop, REST_MS / 2 + random_below(REST_MS), go_on, f);
}

static void on_filled(void *ctx, enum err err, struct grid *grids, unsigned count)
{
    struct fill *f = ctx;

    (void)count;
    if (err || !grid_u64(&grids[0], 0, 0))
        rest(f);
    else
        timer_start(&f->timer, f->loop, BETWEEN_MS, go_on, f);
}

static void go_on(void *ctx)
{
    struct fill   *f = ctx;
    struct args    a = {0};
    struct pg_item item = {STATEMENT_SEARCH_FILL, &a};

    args_u64(&a, CHATS);
    args_u64(&a, TURNS);
    if (pg_ask(f->pg, &item, 1, on_filled, f))
        rest(f);
}

struct fill *fill_new(struct loop *l, struct pg *pg)
{
    struct fill *f = mem_new(sizeof *f);

    f->loop = l;
    f->pg = pg;
    rest(f);
    return f;
}

void fill_free(struct fill **fill)
{
    struct fill *f = *fill;

    if (!f)
        return;
    timer_stop(&f->timer);
    free(f);
    *fill = NULL;
}
