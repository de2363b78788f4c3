/* history_page_request: older messages of a conversation.
 *
 *   enter ──► request the page from Postgres ──► a page
 *                 │ unavailable
 *                 ▼
 *             request the few messages that Redis remembers */
#include <stdlib.h>

#include "session/enter.h"
#include "turn/page.h"
#include "wire/limits.h"

enum { SLOT_PAGE, SLOT_BRANCHES };

struct history {
    struct enter                enter;
    struct history_page_request request;
};

static struct history *history_of(struct job *j)
{
    return (struct history *)j;
}

static bool decode(struct job *j, struct str body)
{
    return history_page_request_decode(&history_of(j)->request, body) == ERR_OK;
}

const struct flow flow_history = {.message = MSG_HISTORY_PAGE_REQUEST,
                                  .size = sizeof(struct history),
                                  .first = STEP_HISTORY_ENTER,
                                  .decode = decode,
                                  .fini = enter_fini};

enum step history_enter(struct job *j)
{
    struct history *h = history_of(j);

    return enter_start(&h->enter, h->request.session, false, STEP_HISTORY_REQUEST);
}

/* To open a conversation makes it the current one. */
static enum err request_page(struct history *h)
{
    struct job                        *j = &h->enter.job;
    struct args                        args;
    const struct sql_conversation_open open = {.session = param_uuid(&j->session),
                                               .conversation = param_uuid(&j->conversation)};
    const struct sql_call              calls[] = {
                     page_call(&j->args, j, &j->conversation, h->request.before, h->request.page),
                     sql_conversation_open(&args, &open)};

    return job_request_transaction(j, SLOT_PAGE, calls, h->request.open ? 2 : 1);
}

enum step history_request(struct job *j)
{
    struct history                    *h = history_of(j);
    const struct history_page_request *request = &h->request;

    if (!job_read_ids(j, request->session, request->conversation, STR("")) ||
        !j->conversation.text[0] || !param_fits_bigint(request->before))
        return job_fail(j, ERR_BAD_REQUEST);
    if (request_page(h))
        return STEP_HISTORY_REQUEST_WINDOW;
    j->answer[SLOT_BRANCHES].err = job_request_sql(
        j, SLOT_BRANCHES,
        page_branches_call(&j->args, j, &j->conversation, request->before, request->page));
    return job_await(j, STEP_HISTORY_AWAIT);
}

static void add_branches(const struct result_set *set, struct history_page_reply *r)
{
    struct sql_history_branches_row conversation = sql_history_branches_row(set, 0);

    r->title = str_cut(conversation.title, LIMIT_TITLE);
    r->forked_from = conversation.forked_from;
    r->forked_at_seq = conversation.forked_at_seq;
    r->branches_count = page_read_branches(set, r->branches);
}

enum step history_await(struct job *j)
{
    const struct job_answer *page = &j->answer[SLOT_PAGE], *branches = &j->answer[SLOT_BRANCHES];
    enum err                 err = job_public_error(page->err);

    if (page->err)
        return err == ERR_STORE_DOWN ? STEP_HISTORY_REQUEST_WINDOW : job_fail(j, err);
    if (!page->set.rows)
        return job_fail(j, ERR_NOT_FOUND);
    struct history_page_reply *r = mem_new(sizeof *r);
    struct buf                 body = {0};
    r->messages_count = page_read(&page->set, r->messages, &r->more_before);
    if (!branches->err)
        add_branches(&branches->set, r);
    history_page_reply_encode(r, &body);
    free(r);
    return job_reply(j, &body);
}

enum step history_request_window(struct job *j)
{
    return job_request_redis(j, 0, page_window_call(&j->args, j, &j->conversation))
               ? job_fail(j, ERR_STORE_DOWN)
               : job_await(j, STEP_HISTORY_AWAIT_WINDOW);
}

enum step history_await_window(struct job *j)
{
    struct history_page_reply *r = mem_new(sizeof *r);
    struct buf                 body = {0};
    struct uuid                conversation;

    if (!j->answer[0].err)
        r->messages_count = page_read_window(&j->answer[0].set, history_of(j)->request.before,
                                             r->messages, &r->more_before, &conversation);
    r->from_cache = 1;
    bool is_empty = !r->messages_count;
    if (!is_empty)
        history_page_reply_encode(r, &body);
    free(r);
    return is_empty ? job_fail(j, ERR_STORE_DOWN) : job_reply(j, &body);
}
