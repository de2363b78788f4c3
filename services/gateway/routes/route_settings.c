/* POST /save_settings: keeps an OpenRouter key and a model. */
#include <stdlib.h>

#include "http/body.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/settings_body.h"
#include "session/session.h"

/* OpenRouter may change the form of its keys, so an unusual one is only reported. */
#define UNUSUAL_KEY                                                                                \
    "The key is saved, but it does not look like an OpenRouter key, which is sk-or-v1- and 64 "    \
    "more characters. Test it before you rely on it."

struct settings_save {
    struct exchange exchange; /* first */
    bool            is_key_unusual;
};

static json_t *describe(const struct settings_save *s, const struct session_open_reply *reply)
{
    const struct exchange *x = &s->exchange;
    const struct config   *config = x->gw->config;
    struct str             model = reply->model.len ? reply->model : str_of(config->default_model);
    struct str             hint = reply->key_hint;
    struct buf             csrf = {0};
    json_t                *o = json_object();

    session_csrf(&config->cookie_ring, &x->who.session, x->who.account, &csrf);
    json_object_set_new(o, "has_api_key", json_boolean(reply->sealed_key.len > 0));
    json_object_set_new(o, "api_key_hint", hint.len ? reply_string(hint) : json_null());
    json_object_set_new(o, "model", reply_string(model));
    json_object_set_new(o, "csrf_token", reply_string(buf_view(&csrf)));
    if (s->is_key_unusual)
        json_object_set_new(o, "warning", json_string(UNUSUAL_KEY));
    buf_fini(&csrf);
    return o;
}

static void on_session(struct exchange *x, const struct bus_reply *a)
{
    struct session_open_reply *reply = mem_new(sizeof *reply);

    if (exchange_read(x, a, session_open_reply, reply))
        exchange_reply(&x, 200, describe((struct settings_save *)x, reply));
    free(reply);
}

static void on_saved(struct exchange *x, const struct bus_reply *a)
{
    struct session_open_request m = {.session = uuid_str(&x->who.session)};
    struct done_reply           reply;
    struct buf                  body = {0};

    if (!exchange_read(x, a, done_reply, &reply))
        return;
    session_open_request_encode(&m, &body);
    exchange_send(x, SERVICE_STORE, &body, on_session);
}

static void save(const struct request_context *c, const struct settings_body *wanted, bool remember)
{
    struct settings_save *s = mem_new(sizeof *s);
    char                  address_hash[PSEUDONYM_SIZE];
    struct buf            body = {0};

    exchange_init(&s->exchange, c, NULL);
    s->is_key_unusual = wanted->is_key_unusual;
    handler_address_hash(c, address_hash);
    struct session_save_request m = {.session = uuid_str(&c->who.session),
                                     .key_change = wanted->key_change,
                                     .sealed_key = buf_view(&wanted->sealed_key),
                                     .key_hint = str_of(wanted->key_hint),
                                     .remember = remember,
                                     .model_change = wanted->has_model,
                                     .model = wanted->model,
                                     .address_hash = str_of(address_hash)};
    session_save_request_encode(&m, &body);
    exchange_send(&s->exchange, SERVICE_STORE, &body, on_saved);
}

void route_settings_save(const struct request_context *c)
{
    struct settings_body wanted;
    struct buf           why = {0};
    bool                 remember;

    if (settings_body_read(c, &wanted, &why) &&
        body_flag(c->body, "remember", true, &remember, &why))
        save(c, &wanted, remember);
    else
        handler_refuse(c, ERR_BAD_REQUEST, &why);
    settings_body_fini(&wanted);
}
