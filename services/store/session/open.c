/* session_open_request: opens a session, with the newest messages of its current conversation.
 *
 *   enter, of an account see account.c
 *     └──► request the page from Postgres
 *                 │ unavailable
 *                 ▼
 *             request the messages that Redis remembers */
#include <stdlib.h>

#include "open.h"
#include "turn/budget.h"
#include "turn/page.h"
#include "wire/limits.h"

enum { SLOT_PAGE, SLOT_BRANCHES };

static bool decode(struct job *j, struct str body)
{
    return session_open_request_decode(&open_of(j)->request, body) == ERR_OK;
}

const struct flow flow_open = {.message = MSG_SESSION_OPEN_REQUEST,
                               .size = sizeof(struct open),
                               .first = STEP_OPEN_ENTER,
                               .decode = decode,
                               .fini = enter_fini};

enum step open_enter(struct job *j)
{
    struct open *o = open_of(j);

    if (o->request.account.len)
        return STEP_ACCOUNT_REQUEST;
    return enter_start(&o->enter, o->request.session, o->request.create != 0,
                       STEP_OPEN_REQUEST_PAGE);
}

static void add_page(struct session_open_reply *r, struct open *o, const struct result_set *page)
{
    const struct job_answer *branches = &o->enter.job.answer[SLOT_BRANCHES];

    if (o->enter.without_pg) {
        r->messages_count =
            page_read_window(page, 0, r->messages, &r->more_before, &o->enter.conversation);
        return;
    }
    r->messages_count = page_read(page, r->messages, &r->more_before);
    if (!branches->err)
        r->branches_count = page_read_branches(&branches->set, r->branches);
}

static enum step reply(struct open *o, const struct result_set *page)
{
    struct session_open_reply *r = mem_new(sizeof *r);
    struct enter              *e = &o->enter;
    struct buf                 body = {0};

    if (page)
        add_page(r, o, page);
    r->session = uuid_str(&e->job.session);
    r->created_at = e->created_at;
    r->expires_at = e->expires_at;
    r->model = str_cut(e->snapshot.row.model, LIMIT_MODEL);
    r->sealed_key = enter_key(e, &r->key_hint);
    r->conversation = uuid_str(&e->conversation);
    r->running_turn = uuid_str(&e->running);
    r->running_text = str_cut(e->redis_row.running_text, LIMIT_QUESTION);
    r->remaining = e->remaining;
    r->from_cache = e->without_pg;
    if (!e->without_pg) /* a new session has no snapshot, and has spent nothing */
        budget_fill(e->job.config, e->snapshot.row.counted, &r->has_budget, &r->budget_left);
    session_open_reply_encode(r, &body);
    free(r);
    return job_reply(&e->job, &body);
}

enum step open_request_page(struct job *j)
{
    struct open  *o = open_of(j);
    struct enter *e = &o->enter;
    uint64_t      messages = o->request.page;

    if (e->without_pg)
        return STEP_OPEN_REQUEST_WINDOW;
    if (!e->is_known || !e->conversation.text[0] || !messages)
        return reply(o, NULL);
    if (job_request_sql(j, SLOT_PAGE, page_call(&j->args, j, &e->conversation, 0, messages)))
        return STEP_OPEN_REQUEST_WINDOW;
    j->answer[SLOT_BRANCHES].err = job_request_sql(
        j, SLOT_BRANCHES, page_branches_call(&j->args, j, &e->conversation, 0, messages));
    return job_await(j, STEP_OPEN_AWAIT_PAGE);
}

enum step open_await_page(struct job *j)
{
    const struct job_answer *page = &j->answer[SLOT_PAGE];

    return page->err ? STEP_OPEN_REQUEST_WINDOW : reply(open_of(j), &page->set);
}

enum step open_request_window(struct job *j)
{
    struct open *o = open_of(j);

    o->enter.without_pg = true;
    return job_request_redis(j, 0, page_window_call(&j->args, j, &o->enter.conversation))
               ? reply(o, NULL)
               : job_await(j, STEP_OPEN_AWAIT_WINDOW);
}

enum step open_await_window(struct job *j)
{
    struct open *o = open_of(j);

    return reply(o, j->answer[0].err || !o->request.page ? NULL : &j->answer[0].set);
}
