/* export_request: all of a conversation, part by part.
 *
 *   enter ──► Postgres ──► the next turns, oldest first */
#include <stdlib.h>

#include "session/enter.h"
#include "turn/page.h"
#include "wire/limits.h"

#define PART_BYTES                                                                                 \
    65536 /* a part may become six times as long as JSON, and is buffered as a whole */

struct export
{
    struct enter          enter;
    struct export_request request;
};

static struct export *export_of(struct job *j)
{
    return (struct export *)j;
}

static bool decode(struct job *j, struct str body)
{
    return export_request_decode(&export_of(j)->request, body) == ERR_OK;
}

const struct flow flow_export = {.message = MSG_EXPORT_REQUEST,
                                 .size = sizeof(struct export),
                                 .first = STEP_EXPORT_ENTER,
                                 .decode = decode,
                                 .fini = enter_fini};

enum step export_enter(struct job *j)
{
    struct export *e = export_of(j);

    return enter_start(&e->enter, e->request.session, false, STEP_EXPORT_REQUEST);
}

enum step export_request(struct job *j)
{
    const struct export_request *request = &export_of(j)->request;

    if (!job_read_ids(j, request->session, request->conversation, STR("")) ||
        !j->conversation.text[0] || !param_fits_bigint(request->after_seq) ||
        !param_fits_bigint(request->after_interrupted))
        return job_fail(j, ERR_BAD_REQUEST);
    const struct sql_conversation_export p = {.session = param_uuid(&j->session),
                                              .conversation = param_uuid(&j->conversation),
                                              .after_seq = param_u64(request->after_seq),
                                              .after_interrupted =
                                                  param_u64(request->after_interrupted),
                                              .turns = param_u64(LIMIT_PAGE / 2),
                                              .max_bytes = param_u64(PART_BYTES)};
    enum err err = job_request_sql(j, 0, sql_conversation_export(&j->args, &p));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_EXPORT_AWAIT);
}

enum step export_await(struct job *j)
{
    const struct result_set *set = &j->answer[0].set;
    uint64_t                 more_before;

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    if (!set->rows)
        return job_fail(j, ERR_NOT_FOUND);
    struct export_reply               *r = mem_new(sizeof *r);
    struct buf                         body = {0};
    struct sql_conversation_export_row last = sql_conversation_export_row(set, set->rows - 1);
    r->title = str_cut(last.title, LIMIT_TITLE);
    r->created_at = last.created_at;
    r->messages_count = page_read(set, r->messages, &more_before);
    r->last_seq = last.seq;
    r->last_interrupted = last.interrupted;
    export_reply_encode(r, &body);
    free(r);
    return job_reply(j, &body);
}
