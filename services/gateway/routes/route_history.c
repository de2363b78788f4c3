/* Lines of a chat, and pages of them. */
#include <stdlib.h>

#include "http/query.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/route_history.h"

static json_t *line_of(const struct message *l)
{
    json_t *o = json_object();

    json_object_set_new(o, "turn_id", json_of(l->turn_id));
    json_object_set_new(o, "seq", json_integer((json_int_t)l->seq));
    json_object_set_new(o, "role", json_string(l->by_user ? "user" : "assistant"));
    json_object_set_new(o, "content", json_of(l->text));
    json_object_set_new(o, "at", reply_time(l->at));
    if (l->by_user)
        return o;
    json_object_set_new(o, "model", json_of(l->model));
    json_object_set_new(o, "status", json_of(l->status));
    json_object_set_new(o, "usage", reply_usage(l->prompt_tokens, l->completion_tokens, l->cost));
    json_object_set_new(o, "feedback", json_integer(l->feedback == 2 ? -1 : (int)l->feedback));
    return o;
}

json_t *history_lines(const struct message *lines, uint64_t count)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < count; i++)
        json_array_append_new(list, line_of(&lines[i]));
    return list;
}

json_t *history_branches(const struct branch *branches, uint64_t count)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:I,s:o,s:b}", "seq", (json_int_t)branches[i].seq,
                                              "conversation_id", json_of(branches[i].conversation),
                                              "shown", (int)branches[i].shown));
    return list;
}

json_t *history_cursor(uint64_t more_before)
{
    return more_before ? json_sprintf("%llu", (unsigned long long)more_before) : json_null();
}

/* ---- GET /conversations/{id}?cursor= and POST /conversations/{id} ---- */

static void take_page(struct errand *e, const struct bus_reply *a)
{
    struct history_page_reply *say = mem_new(sizeof *say);

    if (errand_read(e, a, history_page_reply, say)) {
        json_t *page = json_object();
        bool    is_branch = say->forked_from.len > 0;
        json_object_set_new(page, "conversation_id", json_string(e->turn_id.text));
        json_object_set_new(page, "title", json_of(say->title));
        json_object_set_new(page, "forked_from",
                            is_branch ? json_of(say->forked_from) : json_null());
        json_object_set_new(page, "forked_at_seq",
                            is_branch ? json_integer((json_int_t)say->forked_at_seq) : json_null());
        json_object_set_new(page, "branches", history_branches(say->branches, say->branches_count));
        json_object_set_new(page, "chat_history",
                            history_lines(say->messages, say->messages_count));
        json_object_set_new(page, "more", history_cursor(say->more_before));
        errand_reply(e, 200, page);
    }
    free(say);
}

static void ask_page(const struct visit *v, bool open)
{
    struct history_page_request m = {
        .session = uuid_str(&v->session), .page = v->gw->config.history_page, .open = open};
    struct uuid id;
    struct buf  body = {0};

    if (!uuid_parse(&id, v->word)) {
        reply_error(v->rq, ERR_NOT_FOUND);
        return;
    }
    if (!query_number(v->rq, "cursor", 0, &m.before)) {
        reply_error(v->rq, ERR_BAD_REQUEST);
        return;
    }
    struct errand *e = errand_new(v);
    e->turn_id = id;
    m.conversation = uuid_str(&id);
    history_page_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_page);
}

void route_conversation(const struct visit *v)
{
    ask_page(v, false);
}

void route_conversation_open(const struct visit *v)
{
    ask_page(v, true);
}
