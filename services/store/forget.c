/* One kind of row after the other, then a rest. */
#include <stdlib.h>

#include "base/ids.h"
#include "base/log.h"
#include "forget.h"

#define DAY_MS     (24ull * 3600 * 1000)
#define MARKS_MS   (31 * DAY_MS) /* no turn is kept so late */
#define FIRST_MS   1000
#define REST_MS    3600000
#define BETWEEN_MS 200

static const enum statement kinds[] = {STATEMENT_FORGET_USERS, STATEMENT_FORGET_CHATS,
                                       STATEMENT_FORGET_BRANCHES, STATEMENT_FORGET_AUDIT};

struct forget {
    struct loop *loop; /* borrowed */
    struct pg   *pg;   /* borrowed */
    uint64_t     audit_ms;
    struct timer timer;
    unsigned     kind; /* which is next */
    uint64_t     gone; /* rows, since the last rest */
};

static void go_on(void *ctx);

static void rest(struct forget *f)
{
    if (f->gone)
        log_info(0, "store.forgot", "rows=%llu", (unsigned long long)f->gone);
    f->kind = 0;
    f->gone = 0;
    timer_start(&f->timer, f->loop, REST_MS / 2 + random_below(REST_MS), go_on, f);
}

static void on_gone(void *ctx, enum err err, struct grid *grids, unsigned count)
{
    struct forget *f = ctx;

    (void)count;
    uint64_t rows = err ? 0 : grid_u64(&grids[0], 0, 0);
    f->gone += rows;
    if (!rows)
        f->kind++;
    if (err || f->kind == COUNT_OF(kinds))
        rest(f);
    else
        timer_start(&f->timer, f->loop, BETWEEN_MS, go_on, f);
}

static void go_on(void *ctx)
{
    struct forget *f = ctx;
    struct args    a = {0};
    struct pg_item item = {kinds[f->kind], &a};

    args_u64(&a, kinds[f->kind] == STATEMENT_FORGET_AUDIT ? f->audit_ms : MARKS_MS);
    if (pg_ask(f->pg, &item, 1, on_gone, f))
        rest(f);
}

struct forget *forget_new(struct loop *l, struct pg *pg, uint64_t audit_days)
{
    struct forget *f = mem_new(sizeof *f);

    f->loop = l;
    f->pg = pg;
    f->audit_ms = audit_days * DAY_MS;
    timer_start(&f->timer, l, FIRST_MS / 2 + random_below(FIRST_MS), go_on, f);
    return f;
}

void forget_free(struct forget **forget)
{
    struct forget *f = *forget;

    if (!f)
        return;
    timer_stop(&f->timer);
    free(f);
    *forget = NULL;
}
