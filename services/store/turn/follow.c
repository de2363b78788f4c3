/* turn_follow_request: what there is of an answer that is written elsewhere, and how it ended.
 *
 *   request it from Redis ──► running, aborted, spooled: reply
 *         │ nothing known, or unavailable
 *         ▼
 *   snapshot of Postgres ──► it is committed
 *         ▼
 *   request the interrupted turn ──► it is one, or there is no such turn (unknown without Redis)
 *
 * Whoever follows asks again and again with the bytes it has, so nothing here waits, and any store
 * can answer. */
#include "budget.h"
#include "commit_call.h"
#include "redis/keys.h"
#include "run/job.h"
#include "snapshot.h"
#include "wire/limits.h"
#include "wire/messages.h"

struct follow {
    struct job                 job;
    struct turn_follow_request request;
    struct snapshot            snapshot;
    bool                       without_redis; /* so Postgres may not know of a turn that runs */
};

static struct follow *follow_of(struct job *j)
{
    return (struct follow *)j;
}

static bool decode(struct job *j, struct str body)
{
    return turn_follow_request_decode(&follow_of(j)->request, body) == ERR_OK;
}

static void fini(struct job *j)
{
    snapshot_fini(&follow_of(j)->snapshot);
}

const struct flow flow_follow = {.message = MSG_TURN_FOLLOW_REQUEST,
                                 .size = sizeof(struct follow),
                                 .first = STEP_FOLLOW_REQUEST,
                                 .decode = decode,
                                 .fini = fini};

static struct str behind(struct str text, uint64_t after)
{
    if (after >= text.len)
        return (struct str){0};
    return (struct str){text.p + after, text.len - after};
}

static enum step reply(struct job *j, const struct turn_follow_reply *r)
{
    struct buf body = {0};

    turn_follow_reply_encode(r, &body);
    return job_reply(j, &body);
}

enum step follow_request(struct job *j)
{
    struct follow                    *f = follow_of(j);
    const struct turn_follow_request *request = &f->request;

    if (!job_read_ids(j, request->session, STR(""), request->turn_id) || !j->turn.text[0])
        return job_fail(j, ERR_BAD_REQUEST);
    const struct lua_turn_follow p = {.turns = keys_turns(&j->session),
                                      .answer = keys_answer(&j->session, &j->turn),
                                      .spooled = keys_spooled(&j->session),
                                      .spool =
                                          keys_of_bucket(keys_session_bucket(&j->session), "spool"),
                                      .turn = param_uuid(&j->turn),
                                      .after = param_u64(request->after),
                                      .max_bytes = param_u64(LIMIT_ANSWER)};
    f->without_redis = job_request_redis(j, 0, lua_turn_follow(&j->args, &p)) != ERR_OK;
    return f->without_redis ? STEP_FOLLOW_REQUEST_SNAPSHOT : job_await(j, STEP_FOLLOW_AWAIT);
}

static enum step reply_spooled(struct follow *f, struct str commit)
{
    struct turn_commit_request kept;

    if (turn_commit_request_decode(&kept, commit))
        return job_fail(&f->job, ERR_STORE_DOWN);
    return reply(&f->job, &(struct turn_follow_reply){.outcome = FOLLOW_KEPT,
                                                      .conversation = kept.conversation,
                                                      .text = behind(kept.answer, f->request.after),
                                                      .model = kept.model,
                                                      .status = commit_call_spooled_status(&kept),
                                                      .finish_reason = kept.finish_reason,
                                                      .prompt_tokens = kept.prompt_tokens,
                                                      .completion_tokens = kept.completion_tokens,
                                                      .cost = kept.cost,
                                                      .epoch = kept.epoch,
                                                      .seq = kept.seq});
}

static enum step reply_row(struct job *j, const struct lua_turn_follow_row *row,
                           enum follow_outcome outcome)
{
    return reply(j,
                 &(struct turn_follow_reply){.outcome = outcome,
                                             .conversation = str_cut(row->conversation, UUID_LEN),
                                             .question = str_cut(row->question, LIMIT_QUESTION),
                                             .model = str_cut(row->model, LIMIT_MODEL),
                                             .text = str_cut(row->text, LIMIT_ANSWER),
                                             .code = str_cut(row->code, LIMIT_CODE),
                                             .epoch = row->epoch});
}

enum step follow_await(struct job *j)
{
    struct follow             *f = follow_of(j);
    struct lua_turn_follow_row row = lua_turn_follow_row(&j->answer[0].set, 0);

    f->without_redis = j->answer[0].err != ERR_OK;
    if (f->without_redis)
        return STEP_FOLLOW_REQUEST_SNAPSHOT;
    if (str_is(row.outcome, "running"))
        return reply_row(j, &row, FOLLOW_RUNNING);
    if (str_is(row.outcome, "aborted"))
        return reply_row(j, &row, FOLLOW_ABORTED);
    if (str_is(row.outcome, "spooled"))
        return reply_spooled(f, row.text);
    return STEP_FOLLOW_REQUEST_SNAPSHOT;
}

/* ---- committed ---- */

enum step follow_request_snapshot(struct job *j)
{
    const struct uuid none = {{0}};
    enum err          err = snapshot_request(j, STR(""), &none);

    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_FOLLOW_AWAIT_SNAPSHOT);
}

static enum step reply_committed(struct follow *f)
{
    const struct sql_snapshot_row *row = &f->snapshot.row;
    struct str                     answer = str_cut(row->answer, LIMIT_ANSWER);
    struct turn_follow_reply       r = {
              .outcome = FOLLOW_KEPT,
              .conversation = uuid_str(&row->turn_conversation),
              .text = behind(answer, f->request.after),
              .model = str_cut(row->turn_model, LIMIT_MODEL),
              .status = str_cut(row->status, LIMIT_STATUS),
              .finish_reason = str_cut(row->finish_reason, LIMIT_FINISH_REASON),
              .prompt_tokens = row->prompt_tokens,
              .completion_tokens = row->completion_tokens,
              .cost = row->cost,
              .epoch = row->turn_epoch,
              .seq = row->turn_seq,
    };

    budget_fill(f->job.config, row->counted, &r.has_budget, &r.budget_left);
    return reply(&f->job, &r);
}

enum step follow_await_snapshot(struct job *j)
{
    struct follow *f = follow_of(j);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    snapshot_take(&f->snapshot, j);
    if (snapshot_is(&f->snapshot, "cleared"))
        return job_fail(j, ERR_SIGNED_OUT);
    return f->snapshot.row.status.len ? reply_committed(f) : STEP_FOLLOW_REQUEST_INTERRUPTED;
}

/* ---- interrupted ---- */

enum step follow_request_interrupted(struct job *j)
{
    const struct sql_turn_interrupted p = {.session = param_uuid(&j->session),
                                           .turn = param_uuid(&j->turn)};
    enum err err = job_request_sql(j, 0, sql_turn_interrupted(&j->args, &p));

    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_FOLLOW_AWAIT_INTERRUPTED);
}

enum step follow_await_interrupted(struct job *j)
{
    struct follow                  *f = follow_of(j);
    struct sql_turn_interrupted_row row = sql_turn_interrupted_row(&j->answer[0].set, 0);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    if (!j->answer[0].set.rows)
        return job_fail(j, f->without_redis ? ERR_STORE_DOWN : ERR_NOT_FOUND);
    struct str answer = str_cut(row.answer, LIMIT_ANSWER);
    return reply(j, &(struct turn_follow_reply){.outcome = FOLLOW_INTERRUPTED,
                                                .conversation = uuid_str(&row.conversation),
                                                .question = str_cut(row.question, LIMIT_QUESTION),
                                                .model = str_cut(row.model, LIMIT_MODEL),
                                                .text = behind(answer, f->request.after)});
}
