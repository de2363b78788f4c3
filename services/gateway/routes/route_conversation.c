/* GET and POST /conversations/{id}: a page of a conversation's messages. */
#include <stdlib.h>

#include "http/query.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/history.h"

struct page {
    struct exchange exchange; /* first */
    struct uuid     conversation;
};

static json_t *describe(const struct page *p, const struct history_page_reply *reply)
{
    json_t *o = json_object(), *from = json_null(), *at_seq = json_null();

    if (reply->forked_from.len) {
        from = reply_string(reply->forked_from);
        at_seq = json_integer((json_int_t)reply->forked_at_seq);
    }
    json_object_set_new(o, "conversation_id", json_string(p->conversation.text));
    json_object_set_new(o, "title", reply_string(reply->title));
    json_object_set_new(o, "forked_from", from);
    json_object_set_new(o, "forked_at_seq", at_seq);
    json_object_set_new(o, "branches", history_branches(reply->branches, reply->branches_count));
    json_object_set_new(o, "chat_history",
                        history_messages(reply->messages, reply->messages_count));
    json_object_set_new(o, "more", history_cursor(reply->more_before));
    return o;
}

static void on_page(struct exchange *x, const struct bus_reply *a)
{
    struct history_page_reply *reply = mem_new(sizeof *reply);

    if (exchange_read(x, a, history_page_reply, reply))
        exchange_reply(&x, 200, describe((struct page *)x, reply));
    free(reply);
}

static void request_page(const struct request_context *c, bool open)
{
    struct history_page_request m = {
        .session = uuid_str(&c->who.session), .page = c->gw->config->history_page, .open = open};
    struct uuid id;
    struct buf  body = {0};

    if (!uuid_parse(&id, c->word)) {
        reply_error(c->rq, ERR_NOT_FOUND);
        return;
    }
    if (!query_number(c->rq, "cursor", 0, &m.before)) {
        reply_error(c->rq, ERR_BAD_REQUEST);
        return;
    }
    struct page *p = mem_new(sizeof *p);
    exchange_init(&p->exchange, c, NULL);
    p->conversation = id;
    m.conversation = uuid_str(&id);
    history_page_request_encode(&m, &body);
    exchange_send(&p->exchange, SERVICE_STORE, &body, on_page);
}

void route_conversation(const struct request_context *c)
{
    request_page(c, false);
}

void route_conversation_open(const struct request_context *c)
{
    request_page(c, true);
}
