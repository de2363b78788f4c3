/* conversation_rename_request: gives a conversation another title.
 *
 *   enter ──► Postgres ──► done, or there is no such conversation */
#include "session/enter.h"
#include "wire/messages.h"

struct rename {
    struct enter                       enter;
    struct conversation_rename_request request;
};

static struct rename *rename_of(struct job *j)
{
    return (struct rename *)j;
}

static bool decode(struct job *j, struct str body)
{
    return conversation_rename_request_decode(&rename_of(j)->request, body) == ERR_OK;
}

const struct flow flow_rename = {.message = MSG_CONVERSATION_RENAME_REQUEST,
                                 .size = sizeof(struct rename),
                                 .first = STEP_RENAME_ENTER,
                                 .decode = decode,
                                 .fini = enter_fini};

enum step rename_enter(struct job *j)
{
    struct rename *r = rename_of(j);

    return enter_start(&r->enter, r->request.session, false, STEP_RENAME_REQUEST);
}

enum step rename_request(struct job *j)
{
    const struct conversation_rename_request *request = &rename_of(j)->request;

    if (!job_read_ids(j, request->session, request->conversation, STR("")) ||
        !j->conversation.text[0] || !request->title.len)
        return job_fail(j, ERR_BAD_REQUEST);
    const struct sql_conversation_rename p = {.session = param_uuid(&j->session),
                                              .conversation = param_uuid(&j->conversation),
                                              .title = param_text(request->title)};
    enum err err = job_request_sql(j, 0, sql_conversation_rename(&j->args, &p));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_RENAME_AWAIT);
}

enum step rename_await(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    return sql_conversation_rename_row(&j->answer[0].set, 0).renamed ? job_reply_done(j)
                                                                     : job_fail(j, ERR_NOT_FOUND);
}
