/* conversation_clear_request: leaves the current conversation, or deletes it.
 *
 *   enter ──► Redis ──► Postgres ──► to delete it, Redis again
 *
 * 1. What is deleted leaves a mark without content, as in session/clear.c.
 * 2. A turn may be committed after Redis dropped its conversation and before Postgres did, and then
 *    Redis learns of it once more.  So it drops a conversation that is deleted a second time. */
#include "base/failpoint.h"
#include "conversation_drop.h"
#include "session/enter.h"
#include "wire/messages.h"

struct leave {
    struct enter                      enter;
    struct conversation_clear_request request;
};

static struct leave *leave_of(struct job *j)
{
    return (struct leave *)j;
}

static bool decode(struct job *j, struct str body)
{
    return conversation_clear_request_decode(&leave_of(j)->request, body) == ERR_OK;
}

const struct flow flow_leave = {.message = MSG_CONVERSATION_CLEAR_REQUEST,
                                .size = sizeof(struct leave),
                                .first = STEP_LEAVE_ENTER,
                                .decode = decode,
                                .fini = enter_fini};

enum step leave_enter(struct job *j)
{
    struct leave *l = leave_of(j);

    return enter_start(&l->enter, l->request.session, false, STEP_LEAVE_REQUEST_DROP);
}

enum step leave_request_drop(struct job *j)
{
    struct leave *l = leave_of(j);

    return conversation_drop_request(j, &l->enter.conversation, l->request.delete != 0)
               ? STEP_LEAVE_REQUEST_PG
               : job_await(j, STEP_LEAVE_AWAIT_DROP);
}

enum step leave_await_drop(struct job *j)
{
    (void)j;
    failpoint(FAILPOINT_STORE_CONVERSATION_DROPPED);
    return STEP_LEAVE_REQUEST_PG;
}

static enum err request_leave(struct leave *l)
{
    struct job                         *j = &l->enter.job;
    const struct sql_conversation_leave p = {.session = param_uuid(&j->session),
                                             .address_hash = param_text(l->request.address_hash)};

    return job_request_sql(j, 0, sql_conversation_leave(&j->args, &p));
}

static enum err request_delete(struct leave *l)
{
    return conversation_drop_request_delete(&l->enter.job, &l->enter.conversation,
                                            l->request.address_hash, true);
}

enum step leave_request_pg(struct job *j)
{
    struct leave *l = leave_of(j);
    enum err      err = l->request.delete ? request_delete(l) : request_leave(l);

    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_LEAVE_AWAIT_PG);
}

static uint64_t sessions_found(const struct leave *l)
{
    const struct result_set *set = &l->enter.job.answer[0].set;

    return l->request.delete ? sql_conversation_close_row(set, 0).sessions
                             : sql_conversation_leave_row(set, 0).sessions;
}

enum step leave_await_pg(struct job *j)
{
    struct leave *l = leave_of(j);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    failpoint(FAILPOINT_STORE_CONVERSATION_DONE);
    if (!sessions_found(l))
        return job_fail(j, ERR_SIGNED_OUT);
    return l->request.delete ? STEP_LEAVE_REQUEST_SECOND_DROP : job_reply_done(j);
}

enum step leave_request_second_drop(struct job *j)
{
    return conversation_drop_request(j, &leave_of(j)->enter.conversation, true)
               ? job_reply_done(j)
               : job_await(j, STEP_LEAVE_AWAIT_SECOND_DROP);
}

enum step leave_await_second_drop(struct job *j)
{
    return job_reply_done(j);
}
