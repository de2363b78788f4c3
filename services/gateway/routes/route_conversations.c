/* /conversations: which there are, another title, and away with one. */
#include <stdlib.h>
#include <string.h>

#include "http/body.h"
#include "http/query.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/route_history.h"

#define CHATS_PAGE 50

/* ---- GET /conversations?cursor= ---- */

static json_t *chat_of(const struct conversation_summary *l)
{
    json_t *o = json_object();
    bool    is_branch = l->forked_from.len > 0;

    json_object_set_new(o, "conversation_id", json_of(l->conversation));
    json_object_set_new(o, "title", json_of(l->title));
    json_object_set_new(o, "created_at", reply_time(l->created_at));
    json_object_set_new(o, "touched_at", reply_time(l->touched_at / 1000));
    json_object_set_new(o, "turns", json_integer((json_int_t)l->last_seq));
    json_object_set_new(o, "forked_from", is_branch ? json_of(l->forked_from) : json_null());
    json_object_set_new(o, "forked_at_seq",
                        is_branch ? json_integer((json_int_t)l->forked_at_seq) : json_null());
    return o;
}

/* When the last one was touched, and its id: two chats may have been touched at once. */
static json_t *cursor_of(const struct conversation_list_reply *say)
{
    const struct conversation_summary *last = &say->conversations[say->conversations_count - 1];

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

static void take_chats(struct errand *e, const struct bus_reply *a)
{
    struct conversation_list_reply *say = mem_new(sizeof *say);

    if (errand_read(e, a, conversation_list_reply, say)) {
        json_t *o = json_object(), *list = json_array();
        for (uint64_t i = 0; i < say->conversations_count; i++)
            json_array_append_new(list, chat_of(&say->conversations[i]));
        json_object_set_new(o, "conversations", list);
        json_object_set_new(o, "more",
                            say->more && say->conversations_count ? cursor_of(say) : json_null());
        errand_reply(e, 200, o);
    }
    free(say);
}

void route_conversations(const struct visit *v)
{
    struct conversation_list_request m = {.session = uuid_str(&v->session), .page = CHATS_PAGE};
    struct buf                       body = {0};

    if (!read_cursor(http_query(v->rq, "cursor"), &m)) {
        reply_error(v->rq, ERR_BAD_REQUEST);
        return;
    }
    struct errand *e = errand_new(v);
    conversation_list_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_chats);
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

static bool read_title(const struct visit *v, struct str *title, struct buf *why)
{
    if (!body_text(v->body, "title", SIZE_MAX, title, why))
        return false;
    *title = str_trim(*title);
    if (title->len && characters(*title) <= LIMIT_TITLE_CHARACTERS && !has_control(*title))
        return true;
    buf_print(why, "\"title\" must have 1 to %d characters, none of them a control character.",
              LIMIT_TITLE_CHARACTERS);
    return false;
}

static void take_renamed(struct errand *e, const struct bus_reply *a)
{
    struct done_reply say;

    if (errand_read(e, a, done_reply, &say))
        errand_reply(e, 200, json_pack("{s:o}", "title", json_of(buf_view(&e->body))));
}

void route_conversation_rename(const struct visit *v)
{
    struct conversation_rename_request m = {.session = uuid_str(&v->session)};
    struct uuid                        id;
    struct buf                         why = {0}, body = {0};

    if (!uuid_parse(&id, v->word)) {
        reply_error(v->rq, ERR_NOT_FOUND);
        return;
    }
    if (!read_title(v, &m.title, &why)) {
        visit_refuse(v, ERR_BAD_REQUEST, &why);
        return;
    }
    struct errand *e = errand_new(v);
    buf_str(&e->body, m.title);
    m.conversation = uuid_str(&id);
    conversation_rename_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_renamed);
}

/* ---- DELETE /conversations/{id} ---- */

static void take_deleted(struct errand *e, const struct bus_reply *a)
{
    struct done_reply say;

    if (errand_read(e, a, done_reply, &say))
        errand_reply(e, 200, json_object());
}

void route_conversation_delete(const struct visit *v)
{
    struct uuid id;
    struct buf  body = {0};

    if (!uuid_parse(&id, v->word)) {
        reply_error(v->rq, ERR_NOT_FOUND);
        return;
    }
    struct errand                     *e = errand_new(v);
    struct conversation_delete_request m = {.session = uuid_str(&e->session),
                                            .conversation = uuid_str(&id),
                                            .address_hash = str_of(e->address_hash)};
    conversation_delete_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_deleted);
}
