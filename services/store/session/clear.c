/* session_clear_request: deletes a session with all its data.
 *
 *   Postgres ──► Redis
 *
 * 1. What is deleted leaves a mark without content, so that a turn which is being answered cannot
 *    bring it back: its commit is fenced, and its gateway learns at the next renewal that it lost
 *    the turn.
 * 2. It is done only when both databases have done it.  Repeating it is harmless, so after an error
 *    it is simply requested again. */
#include "base/failpoint.h"
#include "run/job.h"
#include "session_drop.h"
#include "wire/messages.h"

struct clear {
    struct job                   job;
    struct session_clear_request request;
};

static struct clear *clear_of(struct job *j)
{
    return (struct clear *)j;
}

static bool decode(struct job *j, struct str body)
{
    return session_clear_request_decode(&clear_of(j)->request, body) == ERR_OK;
}

const struct flow flow_clear = {.message = MSG_SESSION_CLEAR_REQUEST,
                                .size = sizeof(struct clear),
                                .first = STEP_CLEAR_REQUEST_PG,
                                .decode = decode};

enum step clear_request_pg(struct job *j)
{
    struct args args[2];

    if (!job_read_ids(j, clear_of(j)->request.session, STR(""), STR("")))
        return job_fail(j, ERR_BAD_REQUEST);
    const struct sql_session_close close = {.session = param_uuid(&j->session)};
    const struct sql_session_purge purge = {.session = param_uuid(&j->session)};
    const struct sql_call          calls[] = {sql_session_close(&args[0], &close),
                                              sql_session_purge(&args[1], &purge)};
    enum err                       err = job_request_transaction(j, 0, calls, COUNT_OF(calls));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_CLEAR_AWAIT_PG);
}

enum step clear_await_pg(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    failpoint(FAILPOINT_STORE_CLEAR_DELETED);
    return STEP_CLEAR_REQUEST_REDIS;
}

enum step clear_request_redis(struct job *j)
{
    struct key answers;
    enum err   err = job_request_redis(j, 0, session_drop(&j->args, &j->session, &answers));

    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_CLEAR_AWAIT_REDIS);
}

enum step clear_await_redis(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    failpoint(FAILPOINT_STORE_CLEAR_DONE);
    return job_reply_done(j);
}
