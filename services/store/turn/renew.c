/* turn_renew_request and turn_append_request: the turn goes on, and its answer grows.
 *
 *   request it from Redis ──► ok, lost
 *         │ missing: Redis was emptied, or the turn was cleared
 *         ▼
 *   ask Postgres whether it may still be committed ──► lost
 *         │ it may
 *         ▼
 *   request it from Redis again, which adopts the turn
 *
 * Without Redis a turn goes on as if it had been renewed: the lease only saves work; what keeps a
 * conversation correct is the fence at the commit. */
#include "base/failpoint.h"
#include "redis/keys.h"
#include "run/job.h"
#include "wire/limits.h"
#include "wire/messages.h"

struct renew {
    struct job                 job;
    struct turn_append_request request; /* a renewal is an append without a text */
    bool                       adopt;   /* Redis lost the turn, Postgres did not */
};

static struct renew *renew_of(struct job *j)
{
    return (struct renew *)j;
}

static bool decode_append(struct job *j, struct str body)
{
    return turn_append_request_decode(&renew_of(j)->request, body) == ERR_OK;
}

static bool decode_renew(struct job *j, struct str body)
{
    struct turn_renew_request r;

    if (turn_renew_request_decode(&r, body))
        return false;
    renew_of(j)->request = (struct turn_append_request){.session = r.session,
                                                        .conversation = r.conversation,
                                                        .turn_id = r.turn_id,
                                                        .epoch = r.epoch,
                                                        .user_text = r.user_text,
                                                        .seq = r.seq,
                                                        .asked_at = r.asked_at};
    return true;
}

const struct flow flow_renew = {.message = MSG_TURN_RENEW_REQUEST,
                                .size = sizeof(struct renew),
                                .first = STEP_RENEW_REQUEST,
                                .decode = decode_renew};
const struct flow flow_append = {.message = MSG_TURN_APPEND_REQUEST,
                                 .size = sizeof(struct renew),
                                 .first = STEP_RENEW_REQUEST,
                                 .decode = decode_append};

static enum step reply(struct job *j, const struct turn_renew_reply *r)
{
    struct buf body = {0};

    turn_renew_reply_encode(r, &body);
    return job_reply(j, &body);
}

static enum step reply_lost(struct job *j)
{
    return reply(j, &(struct turn_renew_reply){.lost = 1});
}

static enum step reply_without_redis(struct job *j)
{
    return reply(j, &(struct turn_renew_reply){.not_buffered = 1});
}

static bool is_valid(struct renew *r)
{
    const struct turn_append_request *request = &r->request;
    struct job                       *j = &r->job;

    return job_read_ids(j, request->session, request->conversation, request->turn_id) &&
           j->conversation.text[0] && j->turn.text[0] && param_fits_bigint(request->epoch) &&
           param_fits_bigint(request->seq) && param_fits_bigint(request->asked_at);
}

enum step renew_request(struct job *j)
{
    struct renew                     *r = renew_of(j);
    const struct turn_append_request *request = &r->request;

    if (!is_valid(r))
        return job_fail(j, ERR_BAD_REQUEST);
    const struct lua_turn_renew p = {.turns = keys_turns(&j->session),
                                     .answer = keys_answer(&j->session, &j->turn),
                                     .leases = keys_session_leases(&j->session),
                                     .turn = param_uuid(&j->turn),
                                     .conversation = param_uuid(&j->conversation),
                                     .epoch = param_u64(request->epoch),
                                     .lease_ms = param_u64(j->config->lease_ms),
                                     .keep_ms = param_u64(j->config->answer_keep_ms),
                                     .adopt = param_flag(r->adopt),
                                     .offset = param_u64(request->offset),
                                     .text = param_text(request->text),
                                     .max_bytes = param_u64(LIMIT_ANSWER),
                                     .model = param_text(request->model),
                                     .question = param_text(request->user_text),
                                     .seq = param_u64(request->seq),
                                     .asked_at = param_u64(request->asked_at)};
    if (job_request_redis(j, 0, lua_turn_renew(&j->args, &p)))
        return reply_without_redis(j);
    return job_await(j, STEP_RENEW_AWAIT);
}

enum step renew_await(struct job *j)
{
    struct lua_turn_renew_row row = lua_turn_renew_row(&j->answer[0].set, 0);

    if (j->answer[0].err)
        return reply_without_redis(j);
    if (str_is(row.outcome, "missing"))
        return STEP_RENEW_REQUEST_WANTED;
    failpoint(FAILPOINT_STORE_RENEWED);
    if (str_is(row.outcome, "lost"))
        return reply_lost(j);
    return reply(j, &(struct turn_renew_reply){.stop = row.stop,
                                               .buffered = row.buffered,
                                               .question_missing = row.question_missing});
}

enum step renew_request_wanted(struct job *j)
{
    struct renew                *r = renew_of(j);
    const struct sql_turn_wanted p = {.session = param_uuid(&j->session),
                                      .conversation = param_uuid(&j->conversation),
                                      .turn = param_uuid(&j->turn),
                                      .epoch = param_u64(r->request.epoch)};

    r->adopt = true;
    if (job_request_sql(j, 0, sql_turn_wanted(&j->args, &p)))
        return STEP_RENEW_REQUEST; /* Postgres is unavailable: nothing rules it out */
    return job_await(j, STEP_RENEW_AWAIT_WANTED);
}

enum step renew_await_wanted(struct job *j)
{
    if (!j->answer[0].err && !sql_turn_wanted_row(&j->answer[0].set, 0).is_wanted)
        return reply_lost(j);
    return STEP_RENEW_REQUEST;
}
