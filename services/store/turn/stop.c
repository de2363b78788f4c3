/* turn_stop_request: sets a flag in Redis, which the gateway that answers the turn sees at its next
 * renewal. */
#include "base/failpoint.h"
#include "redis/keys.h"
#include "run/job.h"
#include "wire/messages.h"

struct stop {
    struct job               job;
    struct turn_stop_request request;
};

static struct stop *stop_of(struct job *j)
{
    return (struct stop *)j;
}

static bool decode(struct job *j, struct str body)
{
    return turn_stop_request_decode(&stop_of(j)->request, body) == ERR_OK;
}

const struct flow flow_stop = {.message = MSG_TURN_STOP_REQUEST,
                               .size = sizeof(struct stop),
                               .first = STEP_STOP_REQUEST,
                               .decode = decode};

enum step stop_request(struct job *j)
{
    const struct turn_stop_request *request = &stop_of(j)->request;

    if (!job_read_ids(j, request->session, STR(""), request->turn_id) || !j->turn.text[0])
        return job_fail(j, ERR_BAD_REQUEST);
    const struct lua_turn_stop p = {.turns = keys_turns(&j->session),
                                    .turn = param_uuid(&j->turn),
                                    .keep_ms = param_u64(j->config->answer_keep_ms)};
    enum err                   err = job_request_redis(j, 0, lua_turn_stop(&j->args, &p));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_STOP_AWAIT);
}

enum step stop_await(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    failpoint(FAILPOINT_STORE_STOP_FLAGGED);
    return lua_turn_stop_row(&j->answer[0].set, 0).found ? job_reply_done(j)
                                                         : job_fail(j, ERR_NOT_FOUND);
}
