/* conversation_delete_request: deletes a conversation by its id.
 *
 *   enter ──► snapshot of Postgres ──► Redis ──► Postgres ──► Redis
 *                                        │ neither knows it: there is no such conversation
 *                                        ▼
 *
 * It is the same as deleting the current one (leave.c), except that a conversation nobody knows is
 * not marked as deleted.  Redis is asked twice for the same reason as there. */
#include "base/failpoint.h"
#include "conversation_drop.h"
#include "session/enter.h"
#include "wire/messages.h"

struct delete
{
    struct enter                       enter;
    struct conversation_delete_request request;
    bool                               is_stored; /* in Postgres */
};

static struct delete *delete_of(struct job *j)
{
    return (struct delete *)j;
}

static bool decode(struct job *j, struct str body)
{
    return conversation_delete_request_decode(&delete_of(j)->request, body) == ERR_OK;
}

const struct flow flow_delete = {.message = MSG_CONVERSATION_DELETE_REQUEST,
                                 .size = sizeof(struct delete),
                                 .first = STEP_DELETE_ENTER,
                                 .decode = decode,
                                 .fini = enter_fini};

enum step delete_enter(struct job *j)
{
    struct delete *d = delete_of(j);

    return enter_start(&d->enter, d->request.session, false, STEP_DELETE_REQUEST_SNAPSHOT);
}

enum step delete_request_snapshot(struct job *j)
{
    const struct conversation_delete_request *request = &delete_of(j)->request;
    const struct uuid                         none = {{0}};

    if (!job_read_ids(j, request->session, request->conversation, STR("")) ||
        !j->conversation.text[0])
        return job_fail(j, ERR_BAD_REQUEST);
    enum err err = snapshot_request(j, STR(""), &none);
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_DELETE_AWAIT_SNAPSHOT);
}

enum step delete_await_snapshot(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    delete_of(j)->is_stored = sql_snapshot_row(&j->answer[0].set, 0).conversation.text[0] != '\0';
    return STEP_DELETE_REQUEST_DROP;
}

/* If Redis is unavailable, only Postgres knows. */
enum step delete_request_drop(struct job *j)
{
    if (!conversation_drop_request(j, &j->conversation, true))
        return job_await(j, STEP_DELETE_AWAIT_DROP);
    return delete_of(j)->is_stored ? STEP_DELETE_REQUEST_PG : job_fail(j, ERR_NOT_FOUND);
}

enum step delete_await_drop(struct job *j)
{
    bool is_known = lua_conversation_drop_row(&j->answer[0].set, 0).known;

    failpoint(FAILPOINT_STORE_CONVERSATION_DROPPED);
    return delete_of(j)->is_stored || is_known ? STEP_DELETE_REQUEST_PG
                                               : job_fail(j, ERR_NOT_FOUND);
}

enum step delete_request_pg(struct job *j)
{
    enum err err = conversation_drop_request_delete(j, &j->conversation,
                                                    delete_of(j)->request.address_hash, false);

    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_DELETE_AWAIT_PG);
}

enum step delete_await_pg(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    failpoint(FAILPOINT_STORE_CONVERSATION_DONE);
    return sql_conversation_close_row(&j->answer[0].set, 0).sessions
               ? STEP_DELETE_REQUEST_SECOND_DROP
               : job_fail(j, ERR_SIGNED_OUT);
}

enum step delete_request_second_drop(struct job *j)
{
    return conversation_drop_request(j, &j->conversation, true)
               ? job_reply_done(j)
               : job_await(j, STEP_DELETE_AWAIT_SECOND_DROP);
}

enum step delete_await_second_drop(struct job *j)
{
    return job_reply_done(j);
}
