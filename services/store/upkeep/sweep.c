/* The expired leases of one bucket.
 *
 *   request the next from Redis ──► none, or other stores have them: end
 *         ▼
 *   request from Redis what it was ──► somebody took it up again, nothing is known: the next
 *         ▼
 *   request Postgres to store it as interrupted ──► unavailable: end, another sweep follows
 *         ▼
 *   request Redis to end it ──► the next
 *
 * 1. What the user wrote and what there is of the answer are stored apart from the turns: they are
 *    not context of later turns, and take no place in the order of the conversation.
 * 2. Postgres refuses one that was committed, whose conversation was deleted or whose session was
 *    cleared.
 * 3. A gateway that was only stopped for a while may continue: its renewal takes the turn up again,
 *    and its commit deletes the interrupted one, unless the conversation went on meanwhile. */
#include "sweep.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "redis/keys.h"
#include "turn/turn_end.h"
#include "wire/limits.h"

#define CHUNK   16
#define HOLD_MS 10000 /* the time of a store for those it has got */

struct sweep {
    struct job        job;
    unsigned          bucket;
    struct result_set names, lease;
    unsigned          row; /* of names */
    unsigned          stored;
};

static struct sweep *sweep_of(struct job *j)
{
    return (struct sweep *)j;
}

static void fini(struct job *j)
{
    struct sweep *s = sweep_of(j);

    if (s->stored)
        log_info(0, "sweep.interrupted", "bucket=%u turns=%u", s->bucket, s->stored);
    result_set_fini(&s->names);
    result_set_fini(&s->lease);
}

struct job *sweep_new(struct world *world, const struct config *config, unsigned bucket)
{
    static const struct flow flow = {
        .size = sizeof(struct sweep), .first = STEP_SWEEP_REQUEST_NEXT, .fini = fini};
    struct sweep *s = sweep_of(job_new(world, config, &flow));

    s->bucket = bucket;
    return &s->job;
}

enum step sweep_request_next(struct job *j)
{
    const struct lua_lease_next p = {.leases = keys_of_bucket(sweep_of(j)->bucket, "leases"),
                                     .count = param_u64(CHUNK),
                                     .hold_ms = param_u64(HOLD_MS)};

    return job_request_redis(j, 0, lua_lease_next(&j->args, &p))
               ? STEP_END
               : job_await(j, STEP_SWEEP_AWAIT_NEXT);
}

enum step sweep_await_next(struct job *j)
{
    struct sweep *s = sweep_of(j);

    if (j->answer[0].err || !j->answer[0].set.rows)
        return STEP_END;
    failpoint(FAILPOINT_STORE_SWEEP_FOUND);
    result_set_move(&s->names, &j->answer[0].set);
    s->row = 0;
    return STEP_SWEEP_REQUEST_LEASE;
}

/* <session>/<turn>; the scripts write them, so anything else is skipped. */
static bool read_name(struct job *j, struct str name)
{
    struct str session = {name.p, UUID_LEN}, turn = {name.p + UUID_LEN + 1, UUID_LEN};

    return name.len == 2 * UUID_LEN + 1 && job_read_ids(j, session, STR(""), turn);
}

static enum step next(struct job *j)
{
    sweep_of(j)->row++;
    return STEP_SWEEP_REQUEST_LEASE;
}

enum step sweep_request_lease(struct job *j)
{
    struct sweep *s = sweep_of(j);

    while (s->row < s->names.rows && !read_name(j, lua_lease_next_row(&s->names, s->row).name))
        s->row++;
    if (s->row == s->names.rows)
        return STEP_SWEEP_REQUEST_NEXT;
    const struct lua_lease_inspect p = {.turns = keys_turns(&j->session),
                                        .answer = keys_answer(&j->session, &j->turn),
                                        .leases = keys_of_bucket(s->bucket, "leases"),
                                        .turn = param_uuid(&j->turn),
                                        .max_bytes = param_u64(LIMIT_ANSWER),
                                        .max_age_ms = param_u64(j->config->answer_keep_ms)};
    return job_request_redis(j, 0, lua_lease_inspect(&j->args, &p))
               ? STEP_END
               : job_await(j, STEP_SWEEP_AWAIT_LEASE);
}

enum step sweep_await_lease(struct job *j)
{
    if (j->answer[0].err)
        return STEP_END;
    if (!str_is(lua_lease_inspect_row(&j->answer[0].set, 0).state, "dead"))
        return next(j);
    result_set_move(&sweep_of(j)->lease, &j->answer[0].set);
    failpoint(FAILPOINT_STORE_SWEEP_DUE);
    return STEP_SWEEP_REQUEST_INTERRUPT;
}

enum step sweep_request_interrupt(struct job *j)
{
    struct lua_lease_inspect_row      lease = lua_lease_inspect_row(&sweep_of(j)->lease, 0);
    const struct turn_end_interrupted what = {.seq = lease.seq,
                                              .epoch = lease.epoch,
                                              .asked_at = lease.asked_at,
                                              .question = lease.question,
                                              .answer = lease.answer,
                                              .model = lease.model};

    j->conversation = lease.conversation;
    return job_request_sql(j, 0, turn_end_interrupt(&j->args, j, &what))
               ? STEP_END
               : job_await(j, STEP_SWEEP_AWAIT_INTERRUPT);
}

/* What Postgres cannot store is not tried again. */
enum step sweep_await_interrupt(struct job *j)
{
    struct sweep *s = sweep_of(j);
    enum err      err = j->answer[0].err;

    if (err && err != ERR_BAD_REQUEST && err != ERR_INTERNAL)
        return STEP_END;
    if (err)
        log_warn(0, "sweep.persist_failed", "bucket=%u why=%s", s->bucket, err_code(err));
    if (!err && sql_turn_interrupt_row(&j->answer[0].set, 0).stored) {
        failpoint(FAILPOINT_STORE_SWEEP_SAVED);
        s->stored++;
        metric_add(METRIC_TURNS_INTERRUPTED, 1);
    }
    return STEP_SWEEP_REQUEST_END;
}

enum step sweep_request_end(struct job *j)
{
    struct sweep              *s = sweep_of(j);
    const struct lua_lease_end p = {.turns = keys_turns(&j->session),
                                    .answer = keys_answer(&j->session, &j->turn),
                                    .leases = keys_of_bucket(s->bucket, "leases"),
                                    .turn = param_uuid(&j->turn),
                                    .epoch = param_u64(lua_lease_inspect_row(&s->lease, 0).epoch),
                                    .keep_ms = param_u64(j->config->answer_keep_ms)};

    return job_request_redis(j, 0, lua_lease_end(&j->args, &p))
               ? STEP_END
               : job_await(j, STEP_SWEEP_AWAIT_END);
}

enum step sweep_await_end(struct job *j)
{
    if (j->answer[0].err)
        return STEP_END;
    failpoint(FAILPOINT_STORE_SWEEP_DONE);
    return next(j);
}
