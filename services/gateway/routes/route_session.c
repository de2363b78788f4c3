/* /get_session_data, /clear_chat, /clear_session: coming, starting afresh, and going. */
#include <stdlib.h>

#include "base/clock.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/route_history.h"

/* ---- GET /get_session_data ---- */

static json_t *csrf_of(const struct errand *e)
{
    struct buf token = {0};

    session_csrf(&e->gw->config.cookie_ring, &e->session, e->account, &token);
    json_t *s = json_of(buf_view(&token));
    buf_fini(&token);
    return s;
}

static json_t *text_or_null(struct str text)
{
    return text.len ? json_of(text) : json_null();
}

static json_t *describe(const struct errand *e, const struct session_open_reply *say)
{
    const struct config *cf = &e->gw->config;
    json_t              *o = json_object(), *session = json_object(), *limits = json_object();
    struct str           running = say->running_turn;

    json_object_set_new(session, "created_at", reply_time(say->created_at));
    json_object_set_new(session, "expires_at", reply_time(say->expires_at));
    json_object_set_new(session, "signed_in", json_boolean(e->account[0]));
    json_object_set_new(limits, "messages_per_minute",
                        json_integer((json_int_t)cf->messages_per_minute));
    json_object_set_new(limits, "remaining", json_integer((json_int_t)say->remaining));

    json_object_set_new(o, "csrf_token", csrf_of(e));
    json_object_set_new(o, "session", session);
    json_object_set_new(o, "model",
                        json_of(say->model.len ? say->model : str_of(cf->default_model)));
    json_object_set_new(o, "has_api_key", json_boolean(say->sealed_key.len > 0));
    json_object_set_new(o, "api_key_hint", text_or_null(say->key_hint));
    json_object_set_new(o, "demo", json_boolean(cf->demo));
    json_object_set_new(o, "conversation_id", text_or_null(say->conversation));
    json_object_set_new(o, "chat_history", history_lines(say->messages, say->messages_count));
    json_object_set_new(o, "branches", history_branches(say->branches, say->branches_count));
    json_object_set_new(o, "more", history_cursor(say->more_before));
    json_object_set_new(o, "running_turn",
                        running.len ? json_pack("{s:o,s:o}", "turn_id", json_of(running), "text",
                                                json_of(say->running_text))
                                    : json_null());
    json_object_set_new(o, "limits", limits);
    json_object_set_new(o, "budget", reply_budget(say->has_budget, say->budget_left));
    if (say->from_cache)
        json_object_set_new(o, "from_cache", json_true());
    return o;
}

static void reply_with_cookie(struct errand *e, json_t *body)
{
    struct buf cookie = {0};

    session_write(&e->gw->config.cookie_ring, &e->session, e->account, e->client.is_tls, &cookie);
    errand_reply_and(e, 200, body, &(struct http_field){"Set-Cookie", cookie.p});
    buf_fini(&cookie);
}

static void open_session(struct errand *e,
                         void (*take)(struct errand *e, const struct bus_reply *a))
{
    struct session_open_request m = {
        .session = uuid_str(&e->session), .create = e->is_new, .page = e->gw->config.history_page};
    struct buf body = {0};

    if (e->is_new) {
        m.account = str_of(e->account);
        m.former = uuid_str(&e->former);
    }
    session_open_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take);
}

/* A new session of somebody who is signed in is the one of their account, which only the store
 * knows.  An older store does not; then nobody's chats would follow them, so it counts as away. */
static bool read_opened(struct errand *e, const struct bus_reply *a, struct session_open_reply *say)
{
    if (!errand_read(e, a, session_open_reply, say))
        return false;
    if (!e->is_new || !e->account[0] || uuid_parse(&e->session, say->session))
        return true;
    errand_fail(e, &(struct bus_reply){.kind = BUS_REPLY_ERROR, .err = ERR_STORE_DOWN});
    return false;
}

static void take_session(struct errand *e, const struct bus_reply *a);

static void open_new_session(struct errand *e)
{
    char     network[ADDRESS_SIZE];
    uint64_t wait = rate_take(e->gw->new_sessions, client_network(&e->client, network), clock_ms());

    if (wait) {
        errand_fail(e, &(struct bus_reply){
                           .kind = BUS_REPLY_ERROR, .err = ERR_LIMITED, .retry_after_ms = wait});
        return;
    }
    e->session = uuid_new();
    e->is_new = true;
    open_session(e, take_session);
}

static void take_session(struct errand *e, const struct bus_reply *a)
{
    if (a->kind == BUS_REPLY_ERROR && a->err == ERR_SIGNED_OUT && !e->is_new) {
        open_new_session(e); /* the cookie is ours, but what it names has run out */
        return;
    }
    struct session_open_reply *say = mem_new(sizeof *say);
    if (read_opened(e, a, say))
        reply_with_cookie(e, describe(e, say));
    free(say);
}

void route_session_data(const struct visit *v)
{
    struct errand *e = errand_new(v);

    if (v->session.text[0])
        open_session(e, take_session);
    else
        open_new_session(e);
}

/* ---- POST /clear_chat ---- */

static void take_cleared_chat(struct errand *e, const struct bus_reply *a)
{
    struct done_reply say;

    if (errand_read(e, a, done_reply, &say))
        errand_reply(e, 200, json_object());
}

void route_clear_chat(const struct visit *v)
{
    bool       is_delete;
    struct buf why = {0}, body = {0};

    if (!body_flag(v->body, "delete", false, &is_delete, &why)) {
        visit_refuse(v, ERR_BAD_REQUEST, &why);
        return;
    }
    struct errand                    *e = errand_new(v);
    struct conversation_clear_request m = {.session = uuid_str(&e->session),
                                           .delete = is_delete,
                                           .address_hash = str_of(e->address_hash)};
    conversation_clear_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_cleared_chat);
}

/* ---- POST /clear_session ---- */

static void take_fresh_session(struct errand *e, const struct bus_reply *a)
{
    struct session_open_reply *say = mem_new(sizeof *say);

    if (read_opened(e, a, say))
        reply_with_cookie(e, json_pack("{s:o}", "csrf_token", csrf_of(e)));
    free(say);
}

static void take_cleared_session(struct errand *e, const struct bus_reply *a)
{
    struct done_reply say;

    if (!errand_read(e, a, done_reply, &say))
        return;
    e->session = uuid_new();
    e->is_new = true;
    open_session(e, take_fresh_session);
}

void route_clear_session(const struct visit *v)
{
    struct errand               *e = errand_new(v);
    struct session_clear_request m = {.session = uuid_str(&e->session),
                                      .address_hash = str_of(e->address_hash)};
    struct buf                   body = {0};

    session_clear_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_cleared_session);
}
