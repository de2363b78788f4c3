/* turn_commit_request: commits a turn, exactly once.
 *
 *   request it from Postgres ──► dup: it was committed before, with the same answer
 *    │   │    ▲  ├── other: with another answer, by another owner
 *    │   │    ▲  └── fenced, the first time: a copy of this commit may just have won, try again
 *    │   ▼    │
 *    │  ok ──► tell Redis, so that the next message is not refused as busy
 *    │
 *    └─ unavailable ──► request Redis to spool it ──► spooled: upkeep/spool.c commits it later
 *                     │ unavailable too
 *                     └► request it from Postgres once more, as long as anybody waits for the reply
 *
 * 1. It is one statement, which stores both messages, moves the conversation and settles what the
 *    turn had reserved of the budget; or does nothing.
 * 2. The commit is idempotent: one whose connection broke is sent again, by the store or by the
 *    gateway, and a turn that was spooled may have been committed before.
 * 3. The reply is committed when both rows are flushed, spooled when Redis has it; otherwise an
 *    error.
 * 4. Whether Redis learns of a committed turn does not matter: its answer is ignored. */
#include "commit.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/metrics.h"
#include "budget.h"
#include "commit_call.h"
#include "redis/keys.h"
#include "turn_end.h"

#define SPOOL_AFTER_MS 2000 /* that Postgres may be unavailable before turns are spooled */

struct commit {
    struct job                 job;
    struct turn_commit_request request;
    struct buf                 message;    /* the request as it is spooled and remembered */
    unsigned                   fenced;     /* so often */
    bool                       is_dup;     /* it was committed before */
    bool                       is_counted; /* counted is known */
    uint64_t                   counted;    /* against the budget, in nanodollars */
    bool                       is_last;    /* neither database answered: wait for Postgres */
};

static struct commit *commit_of(struct job *j)
{
    return (struct commit *)j;
}

static bool decode(struct job *j, struct str body)
{
    return turn_commit_request_decode(&commit_of(j)->request, body) == ERR_OK;
}

static void fini(struct job *j)
{
    buf_fini(&commit_of(j)->message);
}

const struct flow flow_commit = {.message = MSG_TURN_COMMIT_REQUEST,
                                 .size = sizeof(struct commit),
                                 .first = STEP_COMMIT_START,
                                 .decode = decode,
                                 .fini = fini};

void commit_count(void)
{
    static const char *const outcomes[] = {"committed", "duplicate", "spooled", "drained",
                                           "refused",   "fenced",    "failed"};

    for (unsigned i = 0; i < COUNT_OF(outcomes); i++)
        metric_add_for(METRIC_COMMITS, outcomes[i], NULL, 0);
}

static void count_one(const char *outcome)
{
    metric_add_for(METRIC_COMMITS, outcome, NULL, 1);
}

/* Postgres cannot store U+0000.  A question with it was never begun; from an answer it is removed:
 * what was paid for is not thrown away over an invisible character. */
static void drop_nul(struct job *j, struct str *text)
{
    if (!text->len)
        return;
    char  *bytes = j->body + (text->p - j->body); /* the job's own copy of the request */
    size_t kept = 0;

    for (size_t i = 0; i < text->len; i++)
        if (bytes[i])
            bytes[kept++] = bytes[i];
    text->len = kept;
}

enum step commit_start(struct job *j)
{
    struct commit              *c = commit_of(j);
    struct turn_commit_request *request = &c->request;

    if (!commit_call_read(j, request))
        return job_fail(j, ERR_BAD_REQUEST);
    drop_nul(j, &request->user_text);
    drop_nul(j, &request->answer);
    drop_nul(j, &request->model);
    drop_nul(j, &request->finish_reason);
    drop_nul(j, &request->generation_id);
    turn_commit_request_encode(request, &c->message);
    return STEP_COMMIT_REQUEST;
}

/* How long anybody waits for the reply, with some time for it to travel. */
static uint64_t time_left(const struct job *j)
{
    uint64_t gone = clock_ms() - j->since_ms, ttl = j->ttl_ms - j->ttl_ms / 10;

    return ttl > gone ? ttl - gone : 0;
}

/* For Postgres to come back.  If there is no alternative, all the time there is. */
static uint64_t deadline_ms(const struct commit *c)
{
    uint64_t left = time_left(&c->job);
    uint64_t gone = c->job.world->pg_unavailable_ms(c->job.world->ctx);
    uint64_t most = gone < SPOOL_AFTER_MS ? SPOOL_AFTER_MS - gone : 0;

    return c->is_last || left < most ? left : most;
}

enum step commit_request(struct job *j)
{
    struct commit *c = commit_of(j);

    failpoint(FAILPOINT_STORE_COMMIT_DUE);
    job_commit(j, commit_call(j, &c->request), deadline_ms(c));
    return job_await(j, STEP_COMMIT_AWAIT);
}

static bool is_temporary(enum err err)
{
    return err == ERR_DOWN || err == ERR_TIMEOUT || err == ERR_CONFLICT;
}

static enum step fenced(struct job *j)
{
    count_one("fenced");
    return job_fail(j, ERR_CONFLICT);
}

enum step commit_await(struct job *j)
{
    struct commit             *c = commit_of(j);
    struct sql_turn_commit_row row = sql_turn_commit_row(&j->answer[0].set, 0);
    enum err                   err = j->answer[0].err;

    if (is_temporary(err) && !c->is_last)
        return STEP_COMMIT_REQUEST_SPOOL;
    if (err) {
        count_one("failed");
        return job_fail(j, job_public_error(err));
    }
    if (str_is(row.outcome, "other")) /* a newer owner was faster: its answer counts */
        return fenced(j);
    if (str_is(row.outcome, "fenced"))
        return c->fenced++ == 0 ? STEP_COMMIT_REQUEST : fenced(j);
    failpoint(FAILPOINT_STORE_COMMIT_SAVED);
    c->is_dup = str_is(row.outcome, "dup");
    c->is_counted = true;
    c->counted = row.counted;
    count_one(c->is_dup ? "duplicate" : "committed");
    return STEP_COMMIT_REQUEST_END;
}

static enum step reply(struct commit *c, enum commit_outcome outcome)
{
    struct turn_commit_reply r = {.outcome = outcome};
    struct buf               body = {0};

    if (c->is_counted)
        budget_fill(c->job.config, c->counted, &r.has_budget, &r.budget_left);
    turn_commit_reply_encode(&r, &body);
    return job_reply(&c->job, &body);
}

static enum step reply_committed(struct commit *c)
{
    return reply(c, c->is_dup ? COMMIT_DUP : COMMIT_OK);
}

enum step commit_request_end(struct job *j)
{
    struct commit        *c = commit_of(j);
    const struct turn_end end = {.epoch = c->request.epoch,
                                 .seq = c->request.seq,
                                 .how = c->request.status,
                                 .commit = buf_view(&c->message)};

    if (!job_request_redis(j, 0, turn_end(&j->args, j, &end)))
        return job_await(j, STEP_COMMIT_AWAIT_END);
    return reply_committed(c);
}

enum step commit_await_end(struct job *j)
{
    failpoint(FAILPOINT_STORE_COMMIT_ENDED);
    return reply_committed(commit_of(j));
}

/* ---- the spool ---- */

/* Neither database answered.  Postgres may still come back in time. */
static enum step request_once_more(struct commit *c)
{
    c->is_last = true;
    return STEP_COMMIT_REQUEST;
}

enum step commit_request_spool(struct job *j)
{
    struct commit                    *c = commit_of(j);
    const struct turn_commit_request *request = &c->request;
    const struct lua_turn_spool       p = {
              .turns = keys_turns(&j->session),
              .answer = keys_answer(&j->session, &j->turn),
              .window = keys_window(&j->session),
              .spooled = keys_spooled(&j->session),
              .spool = keys_of_bucket(keys_session_bucket(&j->session), "spool"),
              .leases = keys_session_leases(&j->session),
              .turn = param_uuid(&j->turn),
              .conversation = param_uuid(&j->conversation),
              .epoch = param_u64(request->epoch),
              .seq = param_u64(request->seq),
              .question = param_text(request->user_text),
              .keep_ms = param_u64(j->config->answer_keep_ms),
              .answer_text = param_text(request->answer),
              .commit = param_bytes(buf_view(&c->message)),
    };

    failpoint(FAILPOINT_STORE_SPOOL_DUE);
    return job_request_redis(j, 0, lua_turn_spool(&j->args, &p))
               ? request_once_more(c)
               : job_await(j, STEP_COMMIT_AWAIT_SPOOL);
}

enum step commit_await_spool(struct job *j)
{
    struct commit            *c = commit_of(j);
    struct lua_turn_spool_row row = lua_turn_spool_row(&j->answer[0].set, 0);

    if (j->answer[0].err)
        return request_once_more(c);
    if (str_is(row.outcome, "spooled")) {
        failpoint(FAILPOINT_STORE_SPOOLED);
        count_one("spooled");
        j->world->spooled(j->world->ctx, keys_session_bucket(&j->session), row.waiting);
        return reply(c, COMMIT_SPOOLED);
    }
    if (!str_is(row.outcome, "dup"))
        return fenced(j);
    count_one("duplicate");
    return reply(c, COMMIT_DUP);
}
