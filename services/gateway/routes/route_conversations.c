/* /conversations and /clear_chat: lists, renames, deletes and leaves conversations. */
#include <stdlib.h>
#include <string.h>

#include "http/body.h"
#include "http/query.h"
#include "http/reply.h"
#include "routes/exchange.h"

#define PAGE 50

/* ---- GET /conversations?cursor= ---- */

static json_t *summary_of(const struct conversation_summary *c)
{
    json_t *o = json_object();
    bool    is_branch = c->forked_from.len > 0;

    json_object_set_new(o, "conversation_id", reply_string(c->conversation));
    json_object_set_new(o, "title", reply_string(c->title));
    json_object_set_new(o, "created_at", reply_time(c->created_at));
    json_object_set_new(o, "touched_at", reply_time(c->touched_at / 1000));
    json_object_set_new(o, "turns", json_integer((json_int_t)c->last_seq));
    json_object_set_new(o, "forked_from", is_branch ? reply_string(c->forked_from) : json_null());
    json_object_set_new(o, "forked_at_seq",
                        is_branch ? json_integer((json_int_t)c->forked_at_seq) : json_null());
    return o;
}

/* When the last one was used, and its id: two may have been used in the same millisecond. */
static json_t *cursor_of(const struct conversation_list_reply *reply)
{
    const struct conversation_summary *last = &reply->conversations[reply->conversations_count - 1];

    return json_sprintf("%llu-%.*s", (unsigned long long)last->touched_at,
                        (int)last->conversation.len, last->conversation.p);
}

static bool read_cursor(struct str text, struct conversation_list_request *m)
{
    const char *dash = text.len ? memchr(text.p, '-', text.len) : NULL;
    struct uuid id;

    if (!dash)
        return text.len == 0;
    size_t digits = (size_t)(dash - text.p);
    m->after_id = (struct str){dash + 1, text.len - digits - 1};
    return query_digits((struct str){text.p, digits}, &m->after_at) && m->after_at &&
           uuid_parse(&id, m->after_id);
}

static void on_list(struct exchange *x, const struct bus_reply *a)
{
    struct conversation_list_reply *reply = mem_new(sizeof *reply);

    if (exchange_read(x, a, conversation_list_reply, reply)) {
        json_t *o = json_object(), *list = json_array();
        for (uint64_t i = 0; i < reply->conversations_count; i++)
            json_array_append_new(list, summary_of(&reply->conversations[i]));
        json_object_set_new(o, "conversations", list);
        json_object_set_new(
            o, "more", reply->more && reply->conversations_count ? cursor_of(reply) : json_null());
        exchange_reply(&x, 200, o);
    }
    free(reply);
}

void route_conversations(const struct request_context *c)
{
    struct conversation_list_request m = {.session = uuid_str(&c->who.session), .page = PAGE};
    struct buf                       body = {0};

    if (!read_cursor(http_query(c->rq, "cursor"), &m)) {
        reply_error(c->rq, ERR_BAD_REQUEST);
        return;
    }
    conversation_list_request_encode(&m, &body);
    exchange_send(exchange_new(c), SERVICE_STORE, &body, on_list);
}

/* ---- PATCH /conversations/{id} ---- */

/* C0, DEL, and C1 with its two bytes in UTF-8. */
static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x20 || c == 0x7F ||
            (c == 0xC2 && i + 1 < text.len && (unsigned char)text.p[i + 1] < 0xA0))
            return true;
    }
    return false;
}

static size_t characters(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    return count;
}

static bool read_title(const struct request_context *c, struct str *title, struct buf *why)
{
    if (!body_text(c->body, "title", SIZE_MAX, title, why))
        return false;
    *title = str_trim(*title);
    if (title->len && characters(*title) <= LIMIT_TITLE_CHARACTERS && !has_control(*title))
        return true;
    buf_print(why, "\"title\" must have 1 to %d characters, none of them a control character.",
              LIMIT_TITLE_CHARACTERS);
    return false;
}

struct rename {
    struct exchange exchange; /* first */
    struct buf      title;
};

static void rename_fini(struct exchange *x)
{
    buf_fini(&((struct rename *)x)->title);
}

static void on_renamed(struct exchange *x, const struct bus_reply *a)
{
    const struct rename *r = (struct rename *)x;
    struct done_reply    reply;

    if (!exchange_read(x, a, done_reply, &reply))
        return;
    json_t *title = reply_string(buf_view(&r->title));
    exchange_reply(&x, 200, json_pack("{s:o}", "title", title));
}

void route_conversation_rename(const struct request_context *c)
{
    struct conversation_rename_request m = {.session = uuid_str(&c->who.session)};
    struct uuid                        id;
    struct buf                         why = {0}, body = {0};

    if (!uuid_parse(&id, c->word)) {
        reply_error(c->rq, ERR_NOT_FOUND);
        return;
    }
    if (!read_title(c, &m.title, &why)) {
        handler_refuse(c, ERR_BAD_REQUEST, &why);
        return;
    }
    struct rename *r = mem_new(sizeof *r);
    exchange_init(&r->exchange, c, rename_fini);
    buf_str(&r->title, m.title);
    m.conversation = uuid_str(&id);
    conversation_rename_request_encode(&m, &body);
    exchange_send(&r->exchange, SERVICE_STORE, &body, on_renamed);
}

/* ---- DELETE /conversations/{id} ---- */

void route_conversation_delete(const struct request_context *c)
{
    char        address_hash[PSEUDONYM_SIZE];
    struct uuid id;
    struct buf  body = {0};

    if (!uuid_parse(&id, c->word)) {
        reply_error(c->rq, ERR_NOT_FOUND);
        return;
    }
    handler_address_hash(c, address_hash);
    struct conversation_delete_request m = {.session = uuid_str(&c->who.session),
                                            .conversation = uuid_str(&id),
                                            .address_hash = str_of(address_hash)};
    conversation_delete_request_encode(&m, &body);
    exchange_send(exchange_new(c), SERVICE_STORE, &body, exchange_on_done);
}

/* ---- POST /clear_chat ---- */

void route_conversation_clear(const struct request_context *c)
{
    char       address_hash[PSEUDONYM_SIZE];
    bool       is_delete;
    struct buf why = {0}, body = {0};

    if (!body_flag(c->body, "delete", false, &is_delete, &why)) {
        handler_refuse(c, ERR_BAD_REQUEST, &why);
        return;
    }
    handler_address_hash(c, address_hash);
    struct conversation_clear_request m = {.session = uuid_str(&c->who.session),
                                           .delete = is_delete,
                                           .address_hash = str_of(address_hash)};
    conversation_clear_request_encode(&m, &body);
    exchange_send(exchange_new(c), SERVICE_STORE, &body, exchange_on_done);
}
