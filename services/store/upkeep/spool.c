/* One bucket of the spool, drained into Postgres.
 *
 *   request the next turns ──► none, another store drains it, Postgres is unavailable: end
 *         ▼
 *   read one ──► it makes no sense: put it aside
 *         ▼
 *   commit it ──► Postgres is unavailable: end, it stays in the spool
 *    │    │   ▲
 *    │    ▼   │ at the place that is free now
 *    │   fenced ──► snapshot: session cleared, conversation deleted: it is gone
 *    ├─ other: this turn was committed with another answer: put it aside
 *    ▼
 *   request Redis to take it out of the spool ──► the next
 *
 * 1. A turn leaves the spool only after Postgres has it, or never will.  A crash in between leaves
 *    it in the spool although it is committed; committing it again changes nothing.
 * 2. The user was told that the turn will be saved.  So one whose place was taken meanwhile, which
 *    only happens after Redis lost a lease, is committed behind the others rather than lost. */
#include "spool.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "redis/keys.h"
#include "turn/commit_call.h"
#include "turn/snapshot.h"

#define LEASE_MS    10000
#define CHUNK       8
#define DEADLINE_MS 1000
#define TRIES_MAX   3

struct spool {
    struct job                 job;
    unsigned                   bucket;
    struct backlog            *backlog; /* borrowed */
    struct result_set          turns;   /* the first row tells how many wait */
    unsigned                   row;
    struct turn_commit_request commit; /* of the row */
    bool                       is_readable;
    const char                *how; /* what becomes of it: kept, gone, refused */
    unsigned                   tries;
    struct snapshot            snapshot;
    struct buf                 message; /* as it was committed */
    unsigned                   kept, gone, refused;
};

static struct spool *spool_of(struct job *j)
{
    return (struct spool *)j;
}

static void fini(struct job *j)
{
    struct spool *s = spool_of(j);

    if (s->kept || s->gone || s->refused)
        log_event(s->refused ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, 0, "spool.drained",
                  "bucket=%u kept=%u gone=%u refused=%u", s->bucket, s->kept, s->gone, s->refused);
    result_set_fini(&s->turns);
    snapshot_fini(&s->snapshot);
    buf_fini(&s->message);
}

struct job *spool_new(struct world *world, const struct config *config, struct backlog *backlog,
                      unsigned bucket)
{
    static const struct flow flow = {
        .size = sizeof(struct spool), .first = STEP_SPOOL_REQUEST_NEXT, .fini = fini};
    struct spool *s = spool_of(job_new(world, config, &flow));

    s->bucket = bucket;
    s->backlog = backlog;
    return &s->job;
}

/* Without Postgres it only asks how many wait, so that every store can tell. */
enum step spool_request_next(struct job *j)
{
    struct spool               *s = spool_of(j);
    bool                        without_pg = j->world->pg_unavailable_ms(j->world->ctx) > 0;
    const struct lua_spool_next p = {.spool = keys_of_bucket(s->bucket, "spool"),
                                     .drain = keys_of_bucket(s->bucket, "drain"),
                                     .store = param_uuid(&j->world->store),
                                     .lease_ms = param_u64(LEASE_MS),
                                     .count = param_u64(without_pg ? 0 : CHUNK)};

    return job_request_redis(j, 0, lua_spool_next(&j->args, &p))
               ? STEP_END
               : job_await(j, STEP_SPOOL_AWAIT_NEXT);
}

enum step spool_await_next(struct job *j)
{
    struct spool *s = spool_of(j);

    if (j->answer[0].err)
        return STEP_END;
    result_set_move(&s->turns, &j->answer[0].set);
    struct lua_spool_next_row waiting = lua_spool_next_row(&s->turns, 0);
    backlog_set(s->backlog, s->bucket, waiting.turns, waiting.oldest_ms);
    if (s->turns.rows == 1)
        return STEP_END;
    s->row = 1;
    return STEP_SPOOL_READ;
}

enum step spool_read(struct job *j)
{
    struct spool *s = spool_of(j);

    if (s->row == s->turns.rows)
        return STEP_SPOOL_REQUEST_NEXT;
    struct str commit = lua_spool_next_row(&s->turns, s->row).commit;
    s->tries = 0;
    s->is_readable =
        !turn_commit_request_decode(&s->commit, commit) && commit_call_read(j, &s->commit);
    failpoint(FAILPOINT_STORE_DRAIN_READ);
    s->how = s->is_readable ? "kept" : "refused";
    return s->is_readable ? STEP_SPOOL_REQUEST_COMMIT : STEP_SPOOL_REQUEST_DONE;
}

enum step spool_request_commit(struct job *j)
{
    job_commit(j, commit_call(j, &spool_of(j)->commit), DEADLINE_MS);
    return job_await(j, STEP_SPOOL_AWAIT_COMMIT);
}

static enum step put_aside(struct spool *s)
{
    s->how = "refused";
    return STEP_SPOOL_REQUEST_DONE;
}

enum step spool_await_commit(struct job *j)
{
    struct spool              *s = spool_of(j);
    struct sql_turn_commit_row row = sql_turn_commit_row(&j->answer[0].set, 0);
    enum err                   err = j->answer[0].err;

    if (err == ERR_BAD_REQUEST || err == ERR_INTERNAL)
        return put_aside(s);
    if (err)
        return STEP_END;
    if (str_is(row.outcome, "other"))
        return put_aside(s);
    if (str_is(row.outcome, "fenced"))
        return s->tries++ < TRIES_MAX ? STEP_SPOOL_REQUEST_SNAPSHOT : STEP_END;
    failpoint(FAILPOINT_STORE_DRAIN_SAVED);
    if (str_is(row.outcome, "ok"))
        metric_add_for(METRIC_COMMITS, "drained", NULL, 1);
    return STEP_SPOOL_REQUEST_DONE;
}

enum step spool_request_snapshot(struct job *j)
{
    return snapshot_request(j, STR(""), &j->conversation) ? STEP_END
                                                          : job_await(j, STEP_SPOOL_AWAIT_SNAPSHOT);
}

enum step spool_await_snapshot(struct job *j)
{
    struct spool                  *s = spool_of(j);
    const struct sql_snapshot_row *row = &s->snapshot.row;

    if (j->answer[0].err)
        return STEP_END;
    snapshot_take(&s->snapshot, j);
    if (snapshot_is(&s->snapshot, "cleared") ||
        (row->fresh_is_used && !row->conversation.text[0])) {
        s->how = "gone";
        return STEP_SPOOL_REQUEST_DONE;
    }
    s->commit.seq = row->last_seq + 1;
    if (s->commit.epoch < row->epoch)
        s->commit.epoch = row->epoch;
    return STEP_SPOOL_REQUEST_COMMIT;
}

/* Of one that makes no sense it is unknown whose it is: then no key of a session is touched. */
enum step spool_request_done(struct job *j)
{
    struct spool             *s = spool_of(j);
    struct lua_spool_next_row row = lua_spool_next_row(&s->turns, s->row);
    const struct uuid         none = {{0}};
    struct key                refused = keys_of_bucket(s->bucket, "refused");
    bool                      known = s->is_readable;

    buf_clear(&s->message);
    if (known) /* its place may be another one by now */
        turn_commit_request_encode(&s->commit, &s->message);
    const struct lua_spool_done p = {.spool = keys_of_bucket(s->bucket, "spool"),
                                     .spooled = known ? keys_spooled(&j->session) : refused,
                                     .turns = known ? keys_turns(&j->session) : refused,
                                     .window = known ? keys_window(&j->session) : refused,
                                     .refused = refused,
                                     .entry = param_text(row.entry),
                                     .turn = param_uuid(known ? &j->turn : &none),
                                     .conversation = param_uuid(known ? &j->conversation : &none),
                                     .seq = param_u64(known ? s->commit.seq : 0),
                                     .epoch = param_u64(known ? s->commit.epoch : 0),
                                     .how = param_text(str_of(s->how)),
                                     .keep_ms = param_u64(j->config->answer_keep_ms),
                                     .commit =
                                         param_bytes(known ? buf_view(&s->message) : row.commit)};
    return job_request_redis(j, 0, lua_spool_done(&j->args, &p))
               ? STEP_END
               : job_await(j, STEP_SPOOL_AWAIT_DONE);
}

enum step spool_await_done(struct job *j)
{
    struct spool *s = spool_of(j);

    if (j->answer[0].err)
        return STEP_END;
    failpoint(FAILPOINT_STORE_DRAIN_DONE);
    if (str_is(STR("kept"), s->how)) {
        s->kept++;
    } else if (str_is(STR("gone"), s->how)) {
        s->gone++;
    } else {
        s->refused++;
        metric_add_for(METRIC_COMMITS, "refused", NULL, 1);
    }
    s->row++;
    return STEP_SPOOL_READ;
}
