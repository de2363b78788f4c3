/* GET /get_session_data and POST /clear_session: opens sessions, and deletes one. */
#include <stdlib.h>

#include "base/clock.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/history.h"
#include "session/session.h"

struct session_open {
    struct exchange exchange; /* first; its session changes when a new one is made */
    struct client   client;
    bool            is_new;
};

static struct session_open *session_open_new(const struct request_context *c)
{
    struct session_open *s = mem_new(sizeof *s);

    exchange_init(&s->exchange, c, NULL);
    s->client = c->client;
    return s;
}

/* ---- the reply ---- */

static json_t *csrf_token(const struct exchange *x)
{
    struct buf token = {0};

    session_csrf(&x->gw->config->cookie_ring, &x->who.session, x->who.account, &token);
    json_t *s = reply_string(buf_view(&token));
    buf_fini(&token);
    return s;
}

static json_t *text_or_null(struct str text)
{
    return text.len ? reply_string(text) : json_null();
}

static json_t *describe_session(const struct exchange *x, const struct session_open_reply *reply)
{
    json_t *o = json_object();

    json_object_set_new(o, "created_at", reply_time(reply->created_at));
    json_object_set_new(o, "expires_at", reply_time(reply->expires_at));
    json_object_set_new(o, "signed_in", json_boolean(x->who.account[0]));
    return o;
}

static json_t *describe_limits(const struct config *config, const struct session_open_reply *reply)
{
    json_t *o = json_object();

    json_object_set_new(o, "messages_per_minute",
                        json_integer((json_int_t)config->messages_per_minute));
    json_object_set_new(o, "remaining", json_integer((json_int_t)reply->remaining));
    return o;
}

static json_t *describe_running(const struct session_open_reply *reply)
{
    if (!reply->running_turn.len)
        return json_null();
    return json_pack("{s:o,s:o}", "turn_id", reply_string(reply->running_turn), "text",
                     reply_string(reply->running_text));
}

static json_t *describe(const struct exchange *x, const struct session_open_reply *reply)
{
    const struct config *config = x->gw->config;
    struct str           model = reply->model.len ? reply->model : str_of(config->default_model);
    json_t              *o = json_object();

    json_object_set_new(o, "csrf_token", csrf_token(x));
    json_object_set_new(o, "session", describe_session(x, reply));
    json_object_set_new(o, "model", reply_string(model));
    json_object_set_new(o, "has_api_key", json_boolean(reply->sealed_key.len > 0));
    json_object_set_new(o, "api_key_hint", text_or_null(reply->key_hint));
    json_object_set_new(o, "demo", json_boolean(config->demo));
    json_object_set_new(o, "conversation_id", text_or_null(reply->conversation));
    json_object_set_new(o, "chat_history",
                        history_messages(reply->messages, reply->messages_count));
    json_object_set_new(o, "branches", history_branches(reply->branches, reply->branches_count));
    json_object_set_new(o, "more", history_cursor(reply->more_before));
    json_object_set_new(o, "running_turn", describe_running(reply));
    json_object_set_new(o, "limits", describe_limits(config, reply));
    json_object_set_new(o, "budget", reply_budget(reply->has_budget, reply->budget_left));
    if (reply->from_cache)
        json_object_set_new(o, "from_cache", json_true());
    return o;
}

static void reply_with_cookie(struct session_open *s, json_t *body)
{
    struct exchange *x = &s->exchange;
    struct buf       cookie = {0};

    session_write(&x->gw->config->cookie_ring, &x->who.session, x->who.account, s->client.is_tls,
                  &cookie);
    exchange_reply_with(&x, 200, body,
                        &(struct http_field){.name = "Set-Cookie", .value = cookie.p});
    buf_fini(&cookie);
}

/* ---- opening at a store ---- */

static void request_open(struct session_open *s,
                         void (*on_reply)(struct exchange *x, const struct bus_reply *a))
{
    const struct identity      *who = &s->exchange.who;
    struct session_open_request m = {.session = uuid_str(&who->session),
                                     .create = s->is_new,
                                     .page = s->exchange.gw->config->history_page};
    struct buf                  body = {0};

    if (s->is_new) {
        m.account = str_of(who->account);
        m.former = uuid_str(&who->former);
    }
    session_open_request_encode(&m, &body);
    exchange_send(&s->exchange, SERVICE_STORE, &body, on_reply);
}

/* A new session of somebody who is signed in is that of the account, which only the store knows.
 * An older store does not return it; the conversations would then not follow the account, so such
 * a store counts as unavailable. */
static bool read_opened(struct session_open *s, const struct bus_reply *a,
                        struct session_open_reply *reply)
{
    struct exchange *x = &s->exchange;

    if (!exchange_read(x, a, session_open_reply, reply))
        return false;
    if (!s->is_new || !x->who.account[0] || uuid_parse(&x->who.session, reply->session))
        return true;
    exchange_fail(&x, ERR_STORE_DOWN, 0);
    return false;
}

static void on_opened(struct exchange *x, const struct bus_reply *a);

static void open_new(struct session_open *s)
{
    struct exchange *x = &s->exchange;
    char             network[NETWORKS_ADDRESS_SIZE];
    uint64_t wait = rate_take(x->gw->new_sessions, client_network(&s->client, network), clock_ms());

    if (wait) {
        exchange_fail(&x, ERR_LIMITED, wait);
        return;
    }
    x->who.session = uuid_new();
    s->is_new = true;
    request_open(s, on_opened);
}

static void on_opened(struct exchange *x, const struct bus_reply *a)
{
    struct session_open *s = (struct session_open *)x;

    if (a->kind == BUS_REPLY_ERROR && a->err == ERR_SIGNED_OUT && !s->is_new) {
        open_new(s); /* the cookie is valid, but its session has expired */
        return;
    }
    struct session_open_reply *reply = mem_new(sizeof *reply);
    if (read_opened(s, a, reply))
        reply_with_cookie(s, describe(x, reply));
    free(reply);
}

void route_session(const struct request_context *c)
{
    struct session_open *s = session_open_new(c);

    if (c->who.session.text[0])
        request_open(s, on_opened);
    else
        open_new(s);
}

/* ---- POST /clear_session ---- */

static void on_reopened(struct exchange *x, const struct bus_reply *a)
{
    struct session_open       *s = (struct session_open *)x;
    struct session_open_reply *reply = mem_new(sizeof *reply);

    if (read_opened(s, a, reply))
        reply_with_cookie(s, json_pack("{s:o}", "csrf_token", csrf_token(x)));
    free(reply);
}

static void on_cleared(struct exchange *x, const struct bus_reply *a)
{
    struct session_open *s = (struct session_open *)x;
    struct done_reply    reply;

    if (!exchange_read(x, a, done_reply, &reply))
        return;
    x->who.session = uuid_new();
    s->is_new = true;
    request_open(s, on_reopened);
}

void route_session_clear(const struct request_context *c)
{
    char       address_hash[PSEUDONYM_SIZE];
    struct buf body = {0};

    handler_address_hash(c, address_hash);
    struct session_clear_request m = {.session = uuid_str(&c->who.session),
                                      .address_hash = str_of(address_hash)};
    session_clear_request_encode(&m, &body);
    exchange_send(&session_open_new(c)->exchange, SERVICE_STORE, &body, on_cleared);
}
