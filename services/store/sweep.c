/* The dead leases of one bucket.
 *
 *   ask Redis for the next ──► none, or other stores have them: end
 *         ▼
 *   ask Redis what it was ──► somebody took it up again, nothing is known: the next
 *         ▼
 *   ask Postgres to keep it as interrupted ──► away: end, another round comes
 *         ▼
 *   ask Redis to end it ──► the next
 *
 * 1. What the person wrote and what there is of the answer are kept, apart from the turns: they are
 *    no context of later ones, and take no place in the chat's order.
 * 2. Postgres refuses one that was committed, whose chat was deleted or whose session was cleared.
 * 3. A gateway that only stood still may go on: its renewal takes the turn up again, and its commit
 *    takes the mark away, unless the chat went on meanwhile. */
#include <stdlib.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "job.h"
#include "sweep.h"
#include "turn.h"

#define AT_ONCE 16
#define LOOK_MS 10000 /* the time of a store for those it has got */

enum look_column {
    LOST_STATE,
    LOST_CHAT,
    LOST_EPOCH,
    LOST_SEQ,
    LOST_QUESTION,
    LOST_ANSWER,
    LOST_MODEL,
    LOST_AT
};

struct sweep {
    struct grid names, lost;
    unsigned    row, kept;
    unsigned    bucket;
};

void sweep_free(struct sweep **sweep)
{
    struct sweep *s = *sweep;

    if (!s)
        return;
    if (s->kept)
        log_info(0, "sweep.interrupted", "bucket=%u turns=%u", s->bucket, s->kept);
    grid_fini(&s->names);
    grid_fini(&s->lost);
    free(s);
    *sweep = NULL;
}

enum step sweep_ask_next(struct job *j)
{
    struct args *a = job_args(j);

    args_key(a, key_of_bucket(j->bucket, "leases"));
    args_u64(a, AT_ONCE);
    args_u64(a, LOOK_MS);
    return job_ask_redis(j, 0, SCRIPT_LEASE_NEXT) ? STEP_DONE : job_park(j, STEP_SWEEP_TAKE_NEXT);
}

enum step sweep_take_next(struct job *j)
{
    if (j->got[0].err || !j->got[0].grid.rows)
        return STEP_DONE;
    failpoint(FAILPOINT_STORE_SWEEP_FOUND);
    if (!j->sweep)
        j->sweep = mem_new(sizeof *j->sweep);
    j->sweep->bucket = j->bucket;
    j->sweep->row = 0;
    grid_fini(&j->sweep->names);
    j->sweep->names = j->got[0].grid;
    j->got[0].grid = (struct grid){0};
    return STEP_SWEEP_ASK_LOOK;
}

/* <session>/<turn>; we wrote it ourselves, so what is none is skipped. */
static bool read_name(struct job *j, struct str name)
{
    struct str session = {name.p, UUID_LEN}, turn = {name.p + UUID_LEN + 1, UUID_LEN};

    return name.len == 2 * UUID_LEN + 1 && job_ids(j, session, STR(""), turn);
}

static enum step next(struct job *j)
{
    j->sweep->row++;
    return STEP_SWEEP_ASK_LOOK;
}

/* The keys of all scripts about one lease. */
static struct args *lease_args(struct job *j)
{
    struct args *a = job_args(j);

    args_key(a, key_turns(&j->session));
    args_key(a, key_answer(&j->session, &j->turn));
    args_key(a, key_of_bucket(j->bucket, "leases"));
    args_id(a, &j->turn);
    return a;
}

enum step sweep_ask_look(struct job *j)
{
    struct sweep *s = j->sweep;

    while (s->row < s->names.rows && !read_name(j, grid_str(&s->names, s->row, 0)))
        s->row++;
    if (s->row == s->names.rows)
        return STEP_SWEEP_ASK_NEXT;
    struct args *a = lease_args(j);
    args_u64(a, LIMIT_ANSWER);
    args_u64(a, j->config->answer_keep_ms); /* an older one comes from an old copy of Redis */
    return job_ask_redis(j, 0, SCRIPT_LEASE_LOOK) ? STEP_DONE : job_park(j, STEP_SWEEP_TAKE_LOOK);
}

enum step sweep_take_look(struct job *j)
{
    if (j->got[0].err)
        return STEP_DONE;
    if (!grid_is(&j->got[0].grid, 0, LOST_STATE, "dead"))
        return next(j);
    grid_fini(&j->sweep->lost);
    j->sweep->lost = j->got[0].grid;
    j->got[0].grid = (struct grid){0};
    failpoint(FAILPOINT_STORE_SWEEP_DUE);
    return STEP_SWEEP_ASK_KEEP;
}

enum step sweep_ask_keep(struct job *j)
{
    const struct grid        *lost = &j->sweep->lost;
    const struct interruption what = {.seq = grid_u64(lost, 0, LOST_SEQ),
                                      .epoch = grid_u64(lost, 0, LOST_EPOCH),
                                      .at = grid_u64(lost, 0, LOST_AT),
                                      .question = grid_str(lost, 0, LOST_QUESTION),
                                      .answer = grid_str(lost, 0, LOST_ANSWER),
                                      .model = grid_str(lost, 0, LOST_MODEL)};

    j->chat = grid_id(lost, 0, LOST_CHAT);
    turn_interrupt_args(job_args(j), j, &what);
    return job_ask_pg(j, 0, STATEMENT_INTERRUPT) ? STEP_DONE : job_park(j, STEP_SWEEP_TAKE_KEEP);
}

/* What Postgres cannot keep is not tried for ever. */
enum step sweep_take_keep(struct job *j)
{
    enum err err = j->got[0].err;

    if (err && err != ERR_BAD_REQUEST && err != ERR_INTERNAL)
        return STEP_DONE;
    if (err)
        log_warn(0, "sweep.unkept", "bucket=%u why=%s", j->bucket, err_code(err));
    if (!err && grid_u64(&j->got[0].grid, 0, 0)) {
        failpoint(FAILPOINT_STORE_SWEEP_SAVED);
        j->sweep->kept++;
        metric_add(METRIC_TURNS_INTERRUPTED, 1);
    }
    return STEP_SWEEP_ASK_END;
}

enum step sweep_ask_end(struct job *j)
{
    struct args *a = lease_args(j);

    args_u64(a, grid_u64(&j->sweep->lost, 0, LOST_EPOCH));
    args_u64(a, j->config->answer_keep_ms);
    return job_ask_redis(j, 0, SCRIPT_LEASE_END) ? STEP_DONE : job_park(j, STEP_SWEEP_TAKE_END);
}

enum step sweep_take_end(struct job *j)
{
    if (j->got[0].err)
        return STEP_DONE;
    failpoint(FAILPOINT_STORE_SWEEP_DONE);
    return next(j);
}
