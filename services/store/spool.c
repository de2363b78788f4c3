/* One bucket of the spool, brought to Postgres.
 *
 *   ask Redis for the next ──► none, another store does it, or Postgres is away: end
 *         ▼
 *   read one ──► makes no sense: put aside
 *         ▼
 *   ask Postgres ──► away: end, it stays where it is
 *    │    │   ▲
 *    │    ▼   │ at the place that is free now
 *    │   fenced ──► look: session cleared, chat deleted: it is gone
 *    ├─ other: this turn was kept with another answer: put aside
 *    ▼
 *   ask Redis to forget it ──► the next
 *
 * 1. A turn leaves the spool only after Postgres has it, or never will.  Dying in between keeps
 *    it twice in the spool's eyes and once in Postgres.
 * 2. A person was told that the turn will be saved.  So one whose place was taken meanwhile, which
 *    only a Redis that lost a lease can bring about, is kept behind the others rather than lost. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/uuid.h"
#include "commit.h"
#include "look.h"
#include "spool.h"

#define LEASE_MS    10000
#define AT_ONCE     8
#define PATIENCE_MS 1000
#define TRIES_MAX   3

enum { NEXT_ENTRY, NEXT_COMMIT };
enum { NEXT_TURNS, NEXT_OLDEST }; /* of the first row */

/* What was last heard of each bucket. */
static struct {
    uint64_t turns, oldest_ms; /* for so long the oldest had waited then */
    uint64_t heard_at;
} waiting[KEY_BUCKETS];

struct spool {
    unsigned    bucket;
    struct grid rows;
    unsigned    row;
    bool        is_readable;
    const char *how; /* what becomes of this one: kept, gone, refused */
    unsigned    kept, gone, refused;
};

/* Who holds the leases of buckets: this process. */
static const struct uuid *store_id(void)
{
    static struct uuid id;

    if (!id.text[0])
        id = uuid_new();
    return &id;
}

static struct spool *spool_new(unsigned bucket)
{
    struct spool *s = mem_new(sizeof *s);

    s->bucket = bucket;
    return s;
}

void spool_free(struct spool **spool)
{
    struct spool *s = *spool;

    if (!s)
        return;
    if (s->kept || s->gone || s->refused)
        log_event(s->refused ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, 0, "spool.drained",
                  "bucket=%u kept=%u gone=%u refused=%u", s->bucket, s->kept, s->gone, s->refused);
    grid_fini(&s->rows);
    free(s);
    *spool = NULL;
}

/* ---- how many wait ---- */

static void heard(unsigned bucket, uint64_t turns, uint64_t oldest_ms)
{
    waiting[bucket].turns = turns;
    waiting[bucket].oldest_ms = oldest_ms;
    waiting[bucket].heard_at = clock_ms();
}

/* Of the oldest the next round will tell. */
void spool_grew(unsigned bucket, uint64_t length)
{
    if (waiting[bucket].turns)
        waiting[bucket].turns = length;
    else
        heard(bucket, length, 0);
}

/* They go on waiting while Redis cannot be asked. */
void spool_count(void)
{
    uint64_t turns = 0, oldest_ms = 0, now = clock_ms();

    for (unsigned bucket = 0; bucket < KEY_BUCKETS; bucket++) {
        if (!waiting[bucket].turns)
            continue;
        uint64_t ms = waiting[bucket].oldest_ms + (now - waiting[bucket].heard_at);
        turns += waiting[bucket].turns;
        oldest_ms = ms > oldest_ms ? ms : oldest_ms;
    }
    metric_set(METRIC_SPOOL, (double)turns);
    metric_set(METRIC_SPOOL_OLDEST, (double)oldest_ms / 1000);
}

/* ---- the walk ---- */

/* Without Postgres it is only asked what waits, so that every store can tell. */
enum step drain_ask_next(struct job *j)
{
    bool         is_away = j->world->pg_away_ms(j->world->ctx) > 0;
    struct args *a = job_args(j);

    args_key(a, key_of_bucket(j->bucket, "spool"));
    args_key(a, key_of_bucket(j->bucket, "drain"));
    args_id(a, store_id());
    args_u64(a, LEASE_MS);
    args_u64(a, is_away ? 0 : AT_ONCE);
    return job_ask_redis(j, 0, SCRIPT_SPOOL_NEXT) ? STEP_DONE : job_park(j, STEP_DRAIN_TAKE_NEXT);
}

enum step drain_take_next(struct job *j)
{
    if (j->got[0].err)
        return STEP_DONE;
    heard(j->bucket, grid_u64(&j->got[0].grid, 0, NEXT_TURNS),
          grid_u64(&j->got[0].grid, 0, NEXT_OLDEST));
    if (j->got[0].grid.rows == 1)
        return STEP_DONE;
    if (!j->spool)
        j->spool = spool_new(j->bucket);
    struct spool *s = j->spool;
    grid_fini(&s->rows);
    s->rows = j->got[0].grid;
    j->got[0].grid = (struct grid){0};
    s->row = 1; /* the first one tells the length */
    return STEP_DRAIN_READ;
}

enum step drain_read(struct job *j)
{
    struct spool *s = j->spool;

    if (s->row == s->rows.rows)
        return STEP_DRAIN_ASK_NEXT;
    j->tries = 0;
    s->how = "kept";
    s->is_readable =
        !turn_commit_request_decode(&j->ask.commit, grid_str(&s->rows, s->row, NEXT_COMMIT)) &&
        commit_is_sane(j);
    failpoint(FAILPOINT_STORE_DRAIN_READ);
    if (s->is_readable)
        return STEP_DRAIN_ASK_COMMIT;
    s->how = "refused";
    return STEP_DRAIN_ASK_DONE;
}

enum step drain_ask_commit(struct job *j)
{
    commit_args(j);
    job_commit(j, PATIENCE_MS);
    return job_park(j, STEP_DRAIN_TAKE_COMMIT);
}

enum step drain_take_commit(struct job *j)
{
    enum err err = j->got[0].err;

    if (err == ERR_BAD_REQUEST || err == ERR_INTERNAL) {
        j->spool->how = "refused";
        return STEP_DRAIN_ASK_DONE;
    }
    if (err)
        return STEP_DONE;
    if (grid_is(&j->got[0].grid, 0, 0, "other")) {
        j->spool->how = "refused";
        return STEP_DRAIN_ASK_DONE;
    }
    if (grid_is(&j->got[0].grid, 0, 0, "fenced"))
        return j->tries++ < TRIES_MAX ? STEP_DRAIN_ASK_LOOK : STEP_DONE;
    failpoint(FAILPOINT_STORE_DRAIN_SAVED);
    if (grid_is(&j->got[0].grid, 0, 0, "ok"))
        metric_add_for(METRIC_COMMITS, "drained", NULL, 1);
    return STEP_DRAIN_ASK_DONE;
}

enum step drain_ask_look(struct job *j)
{
    return look_ask(j, STR(""), &j->chat) ? STEP_DONE : job_park(j, STEP_DRAIN_TAKE_LOOK);
}

enum step drain_take_look(struct job *j)
{
    struct turn_commit_request *ask = &j->ask.commit;

    if (j->got[0].err)
        return STEP_DONE;
    look_take(j);
    if (look_is(j, LOOK_STATE, "cleared") ||
        (look_u64(j, LOOK_USED) && !look_str(j, LOOK_CHAT).len)) {
        j->spool->how = "gone";
        return STEP_DRAIN_ASK_DONE;
    }
    ask->seq = look_u64(j, LOOK_SEQ) + 1;
    if (ask->epoch < look_u64(j, LOOK_EPOCH))
        ask->epoch = look_u64(j, LOOK_EPOCH);
    return STEP_DRAIN_ASK_COMMIT;
}

/* Of one that makes no sense nobody knows whose it is: no key of a session is touched. */
static void done_args(struct job *j)
{
    struct spool                     *s = j->spool;
    const struct turn_commit_request *ask = &j->ask.commit;
    struct key                        refused = key_of_bucket(s->bucket, "refused");
    struct uuid                       none = {{0}};
    struct args                      *a = job_args(j);

    args_key(a, key_of_bucket(s->bucket, "spool"));
    args_key(a, s->is_readable ? key_spooled(&j->session) : refused);
    args_key(a, s->is_readable ? key_turns(&j->session) : refused);
    args_key(a, s->is_readable ? key_window(&j->session) : refused);
    args_key(a, refused);
    args_bytes(a, grid_str(&s->rows, s->row, NEXT_ENTRY));
    args_id(a, s->is_readable ? &j->turn : &none);
    args_id(a, s->is_readable ? &j->chat : &none);
    args_u64(a, s->is_readable ? ask->seq : 0);
    args_u64(a, s->is_readable ? ask->epoch : 0);
    args_text(a, s->how);
    args_u64(a, j->config->answer_keep_ms);
}

enum step drain_ask_done(struct job *j)
{
    struct spool *s = j->spool;

    done_args(j);
    buf_clear(&j->kept);
    if (s->is_readable) /* its place may be another one by now */
        turn_commit_request_encode(&j->ask.commit, &j->kept);
    args_bytes(&j->args,
               s->is_readable ? buf_view(&j->kept) : grid_str(&s->rows, s->row, NEXT_COMMIT));
    return job_ask_redis(j, 0, SCRIPT_SPOOL_DONE) ? STEP_DONE : job_park(j, STEP_DRAIN_TAKE_DONE);
}

enum step drain_take_done(struct job *j)
{
    struct spool *s = j->spool;

    if (j->got[0].err)
        return STEP_DONE;
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
    return STEP_DRAIN_READ;
}
