/* One kind of row after the other, then a pause. */
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"
#include "pg/pg_send.h"
#include "retention.h"

#define DAY_MS   (24ull * 3600 * 1000)
#define MARKS_MS (31 * DAY_MS) /* no turn is committed so late */
#define FIRST_MS 1000
#define IDLE_MS  3600000
#define SOON_MS                                                                                    \
    2000 /* what was deleted, or is about to be, may be all that keeps something else              \
          */
#define PAUSE_MS 200

enum kind {
    RETIRE_CONVERSATIONS, /* the first two only with RETENTION_DAYS */
    RETIRE_USERS,
    EXPIRE_USERS,
    EXPIRE_CONVERSATIONS,
    EXPIRE_BRANCHES,
    EXPIRE_AUDIT,
    KIND_COUNT
};

struct retention {
    struct loop      *loop; /* borrowed */
    struct pg_client *pg;   /* borrowed */
    uint64_t          retention_ms, audit_ms;
    struct timer      timer;
    enum kind         kind;    /* which is next */
    uint64_t          after;   /* the last row of users that was looked at */
    uint64_t          deleted; /* rows, since the last pause */
    bool              is_soon; /* conversations wait to be purged */
};

static void delete_next(void *ctx);

static void begin(struct retention *r)
{
    r->kind = r->retention_ms ? RETIRE_CONVERSATIONS : EXPIRE_USERS;
    r->deleted = 0;
    r->is_soon = false;
}

static void wait_idle(struct retention *r)
{
    uint64_t ms = r->deleted || r->is_soon ? SOON_MS : IDLE_MS;

    if (r->deleted)
        log_info(0, "retention.deleted", "rows=%llu", (unsigned long long)r->deleted);
    begin(r);
    timer_start(&r->timer, r->loop, ms / 2 + random_below(ms), delete_next, r);
}

/* How many rows a statement deleted. */
static uint64_t read_rows(struct retention *r, const struct result_set *set)
{
    struct sql_retire_users_row users;

    switch (r->kind) {
    case RETIRE_CONVERSATIONS:
        return sql_retire_conversations_row(set, 0).retired;
    case RETIRE_USERS:
        users = sql_retire_users_row(set, 0);
        r->after = users.last_id;
        r->is_soon |= users.purge_is_due != 0;
        return users.retired;
    case EXPIRE_USERS:
        return sql_expire_users_row(set, 0).expired;
    case EXPIRE_CONVERSATIONS:
        return sql_expire_conversations_row(set, 0).expired;
    case EXPIRE_BRANCHES:
        return sql_expire_branches_row(set, 0).expired;
    case EXPIRE_AUDIT:
        return sql_expire_audit_row(set, 0).expired;
    case KIND_COUNT:
        break;
    }
    mem_must_fail("a kind of row", __FILE__, __LINE__);
}

static void on_deleted(void *ctx, enum err err, struct result_set *sets, unsigned count)
{
    struct retention *r = ctx;

    (void)count;
    r->after = 0;
    uint64_t rows = err ? 0 : read_rows(r, &sets[0]);
    r->deleted += rows;
    if (!rows && !r->after)
        r->kind++;
    if (err || r->kind == KIND_COUNT)
        wait_idle(r);
    else
        timer_start(&r->timer, r->loop, PAUSE_MS, delete_next, r);
}

static struct sql_call call_next(struct args *args, const struct retention *r)
{
    const struct param_u64 age = param_u64(r->retention_ms), marks = param_u64(MARKS_MS);

    switch (r->kind) {
    case RETIRE_CONVERSATIONS:
        return sql_retire_conversations(args, &(struct sql_retire_conversations){.age_ms = age});
    case RETIRE_USERS:
        return sql_retire_users(
            args, &(struct sql_retire_users){.age_ms = age, .after_id = param_u64(r->after)});
    case EXPIRE_USERS:
        return sql_expire_users(args, &(struct sql_expire_users){.age_ms = marks});
    case EXPIRE_CONVERSATIONS:
        return sql_expire_conversations(args, &(struct sql_expire_conversations){.age_ms = marks});
    case EXPIRE_BRANCHES:
        return sql_expire_branches(args, &(struct sql_expire_branches){.age_ms = marks});
    case EXPIRE_AUDIT:
        return sql_expire_audit(args, &(struct sql_expire_audit){.age_ms = param_u64(r->audit_ms)});
    case KIND_COUNT:
        break;
    }
    mem_must_fail("a kind of row", __FILE__, __LINE__);
}

static void delete_next(void *ctx)
{
    struct retention     *r = ctx;
    struct args           args;
    const struct sql_call call = call_next(&args, r);

    if (pg_send(r->pg, &call, 1, on_deleted, r))
        wait_idle(r);
}

struct retention *retention_new(struct loop *l, struct pg_client *pg, const struct config *config)
{
    struct retention *r = mem_new(sizeof *r);

    r->loop = l;
    r->pg = pg;
    r->retention_ms = config->retention_days * DAY_MS;
    r->audit_ms = config->audit_days * DAY_MS;
    begin(r);
    timer_start(&r->timer, l, FIRST_MS / 2 + random_below(FIRST_MS), delete_next, r);
    return r;
}

void retention_free(struct retention **retention)
{
    struct retention *r = *retention;

    if (!r)
        return;
    timer_stop(&r->timer);
    free(r);
    *retention = NULL;
}
