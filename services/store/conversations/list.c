/* conversation_list_request: the conversations of a user, newest first.
 *
 *   enter ──► Postgres ──► a page of them */
#include <stdlib.h>

#include "session/enter.h"
#include "wire/limits.h"
#include "wire/messages.h"

struct list {
    struct enter                     enter;
    struct conversation_list_request request;
    struct uuid                      after; /* the last one of the page before */
};

static struct list *list_of(struct job *j)
{
    return (struct list *)j;
}

static bool decode(struct job *j, struct str body)
{
    return conversation_list_request_decode(&list_of(j)->request, body) == ERR_OK;
}

const struct flow flow_list = {.message = MSG_CONVERSATION_LIST_REQUEST,
                               .size = sizeof(struct list),
                               .first = STEP_LIST_ENTER,
                               .decode = decode,
                               .fini = enter_fini};

enum step list_enter(struct job *j)
{
    struct list                            *l = list_of(j);
    const struct conversation_list_request *request = &l->request;

    if (!request->page || !param_fits_bigint(request->after_at) ||
        (request->after_at && !uuid_parse(&l->after, request->after_id)))
        return job_fail(j, ERR_BAD_REQUEST);
    return enter_start(&l->enter, request->session, false, STEP_LIST_REQUEST);
}

/* One more than is wanted tells whether there are more. */
enum step list_request(struct job *j)
{
    struct list                       *l = list_of(j);
    const struct sql_conversation_list p = {.session = param_uuid(&j->session),
                                            .after_us = param_u64(l->request.after_at),
                                            .after_id = param_uuid(&l->after),
                                            .rows = param_u64(l->request.page + 1)};
    enum err err = job_request_sql(j, 0, sql_conversation_list(&j->args, &p));

    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_LIST_AWAIT);
}

static struct conversation_summary summary_of(struct sql_conversation_list_row row)
{
    return (struct conversation_summary){.conversation = row.conversation,
                                         .title = str_cut(row.title, LIMIT_TITLE),
                                         .created_at = row.created_at,
                                         .touched_at = row.touched_at,
                                         .last_seq = row.last_seq,
                                         .forked_from = row.forked_from,
                                         .forked_at_seq = row.forked_at_seq};
}

enum step list_await(struct job *j)
{
    const struct result_set *set = &j->answer[0].set;
    uint64_t                 page = list_of(j)->request.page;

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    struct conversation_list_reply *r = mem_new(sizeof *r);
    struct buf                      body = {0};
    r->more = set->rows > page;
    r->conversations_count = r->more ? page : set->rows;
    for (unsigned i = 0; i < r->conversations_count; i++)
        r->conversations[i] = summary_of(sql_conversation_list_row(set, i));
    conversation_list_reply_encode(r, &body);
    free(r);
    return job_reply(j, &body);
}
