/* feedback_request: what a user thinks of a committed answer.
 *
 *   enter ──► Postgres ──► done, or this user has no such turn */
#include "session/enter.h"
#include "wire/messages.h"

struct feedback {
    struct enter            enter;
    struct feedback_request request;
};

static struct feedback *feedback_of(struct job *j)
{
    return (struct feedback *)j;
}

static bool decode(struct job *j, struct str body)
{
    return feedback_request_decode(&feedback_of(j)->request, body) == ERR_OK;
}

const struct flow flow_feedback = {.message = MSG_FEEDBACK_REQUEST,
                                   .size = sizeof(struct feedback),
                                   .first = STEP_FEEDBACK_ENTER,
                                   .decode = decode,
                                   .fini = enter_fini};

enum step feedback_enter(struct job *j)
{
    struct feedback *f = feedback_of(j);

    return enter_start(&f->enter, f->request.session, false, STEP_FEEDBACK_REQUEST);
}

enum step feedback_request(struct job *j)
{
    const struct feedback_request *request = &feedback_of(j)->request;

    if (!job_read_ids(j, request->session, STR(""), request->turn_id) || !j->turn.text[0])
        return job_fail(j, ERR_BAD_REQUEST);
    const struct sql_turn_feedback p = {.session = param_uuid(&j->session),
                                        .turn = param_uuid(&j->turn),
                                        .feedback = param_u64(request->feedback)};
    enum err                       err = job_request_sql(j, 0, sql_turn_feedback(&j->args, &p));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_FEEDBACK_AWAIT);
}

enum step feedback_await(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    return sql_turn_feedback_row(&j->answer[0].set, 0).stored ? job_reply_done(j)
                                                              : job_fail(j, ERR_NOT_FOUND);
}
