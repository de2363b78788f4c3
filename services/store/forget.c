/* One kind of row after the other, then a rest. */
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"
#include "forget.h"

#define DAY_MS     (24ull * 3600 * 1000)
#define MARKS_MS   (31 * DAY_MS) /* no turn is kept so late */
#define FIRST_MS   1000
#define REST_MS    3600000
#define SOON_MS    2000 /* what went, or is about to go, may be all that keeps something else */
#define BETWEEN_MS 200

static const enum statement kinds[] = {STATEMENT_RETIRE_CHATS,    STATEMENT_RETIRE_USERS,
                                       STATEMENT_FORGET_USERS,    STATEMENT_FORGET_CHATS,
                                       STATEMENT_FORGET_BRANCHES, STATEMENT_FORGET_AUDIT};

#define RETIRING 2 /* the first so many are only for RETENTION_DAYS */

struct forget {
    struct loop *loop; /* borrowed */
    struct pg   *pg;   /* borrowed */
    uint64_t     retention_ms, audit_ms;
    struct timer timer;
    unsigned     kind;    /* which is next */
    uint64_t     after;   /* the last row of users that was looked at */
    uint64_t     gone;    /* rows, since the last rest */
    bool         is_soon; /* chats wait to be wiped */
};

static void go_on(void *ctx);

static void rest(struct forget *f)
{
    uint64_t ms = f->gone || f->is_soon ? SOON_MS : REST_MS;

    if (f->gone)
        log_info(0, "store.forgot", "rows=%llu", (unsigned long long)f->gone);
    f->kind = f->retention_ms ? 0 : RETIRING;
    f->gone = 0;
    f->is_soon = false;
    timer_start(&f->timer, f->loop, ms / 2 + random_below(ms), go_on, f);
}

static void on_gone(void *ctx, enum err err, struct grid *grids, unsigned count)
{
    struct forget *f = ctx;

    (void)count;
    uint64_t rows = err ? 0 : grid_u64(&grids[0], 0, 0);
    f->gone += rows;
    bool is_users = !err && kinds[f->kind] == STATEMENT_RETIRE_USERS;
    f->after = is_users ? grid_u64(&grids[0], 0, 1) : 0;
    f->is_soon |= is_users && grid_u64(&grids[0], 0, 2);
    if (!rows && !f->after)
        f->kind++;
    if (err || f->kind == COUNT_OF(kinds))
        rest(f);
    else
        timer_start(&f->timer, f->loop, BETWEEN_MS, go_on, f);
}

static void kind_args(struct args *a, const struct forget *f)
{
    enum statement kind = kinds[f->kind];

    if (f->kind < RETIRING)
        args_u64(a, f->retention_ms);
    else
        args_u64(a, kind == STATEMENT_FORGET_AUDIT ? f->audit_ms : MARKS_MS);
    if (kind == STATEMENT_RETIRE_USERS)
        args_u64(a, f->after);
}

static void go_on(void *ctx)
{
    struct forget *f = ctx;
    struct args    a = {0};
    struct pg_item item = {kinds[f->kind], &a};

    kind_args(&a, f);
    if (pg_ask(f->pg, &item, 1, on_gone, f))
        rest(f);
}

struct forget *forget_new(struct loop *l, struct pg *pg, const struct config *config)
{
    struct forget *f = mem_new(sizeof *f);

    f->loop = l;
    f->pg = pg;
    f->retention_ms = config->retention_days * DAY_MS;
    f->audit_ms = config->audit_days * DAY_MS;
    f->kind = f->retention_ms ? 0 : RETIRING;
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
