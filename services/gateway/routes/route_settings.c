/* /save_settings and /test_openrouter: a person's own OpenRouter key, and their model.
 *
 * A key is sealed with the workers' public key before this file asks anybody
 * anything, and from then on only its sealed bytes and a hint exist here. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "seal/key.h"

/* OpenRouter may change what its keys look like, so this is all we say to an odd one. */
#define UNUSUAL                                                                                    \
    "The key is saved, but it does not look like an OpenRouter key, which is sk-or-v1- and 64 "    \
    "more characters. Test it before you rely on it."

struct wanted {
    enum key_change change;
    struct buf      sealed;
    char            hint[KEY_HINT_SIZE];
    struct str      model;
    bool            has_model, remember, is_unusual;
};

/* Seals the key that came.  True with KEY_LEAVE if there was none. */
static bool take_key(const struct visit *v, struct wanted *w, struct buf *why)
{
    const json_t *value = json_object_get(v->body, "api_key");
    struct str    key;

    w->change = json_is_null(value) ? KEY_DELETE : KEY_LEAVE;
    if (!value || json_is_null(value))
        return true;
    if (!body_text(v->body, "api_key", 4 * KEY_MAX, &key, why))
        return false;
    key = key_trim(key);
    if (!key_is_sendable(key)) {
        buf_print(why, "\"api_key\" is no key: 1 to %d visible ASCII characters.", KEY_MAX);
        return false;
    }
    w->is_unusual = !key_is_usual(key);
    w->change = KEY_SET;
    key_hint(w->hint, key);
    seal_close(&v->gw->config.seal_ring, key, &w->sealed);
    return true;
}

static bool take_model(const struct visit *v, struct wanted *w, struct buf *why)
{
    if (!body_text(v->body, "model", LIMIT_MODEL, &w->model, why))
        return false;
    w->has_model = json_object_get(v->body, "model") != NULL;
    if (!w->model.len || body_is_model(w->model))
        return true;
    buf_print(why, "\"model\" is no model's name.");
    return false;
}

/* ---- POST /save_settings ---- */

static void take_settings(struct errand *e, const struct bus_reply *a)
{
    struct session_open_reply *say = mem_new(sizeof *say);
    struct buf                 csrf = {0};

    if (errand_read(e, a, session_open_reply, say)) {
        struct str model = say->model.len ? say->model : str_of(e->gw->config.default_model);
        json_t    *o = json_object();
        session_csrf(&e->gw->config.cookie_ring, &e->session, e->account, &csrf);
        json_object_set_new(o, "has_api_key", json_boolean(say->sealed_key.len > 0));
        json_object_set_new(o, "api_key_hint",
                            say->key_hint.len ? json_of(say->key_hint) : json_null());
        json_object_set_new(o, "model", json_of(model));
        json_object_set_new(o, "csrf_token", json_of(buf_view(&csrf)));
        if (e->is_unusual)
            json_object_set_new(o, "warning", json_string(UNUSUAL));
        errand_reply(e, 200, o);
    }
    buf_fini(&csrf);
    free(say);
}

static void ask_session(struct errand *e, void (*take)(struct errand *e, const struct bus_reply *a))
{
    struct session_open_request m = {.session = uuid_str(&e->session)};
    struct buf                  body = {0};

    session_open_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take);
}

static void take_saved(struct errand *e, const struct bus_reply *a)
{
    struct done_reply say;

    if (errand_read(e, a, done_reply, &say))
        ask_session(e, take_settings);
}

static void save(const struct visit *v, const struct wanted *w)
{
    struct errand              *e = errand_new(v);
    struct session_save_request m = {.session = uuid_str(&e->session),
                                     .key_change = w->change,
                                     .sealed_key = buf_view(&w->sealed),
                                     .key_hint = str_of(w->hint),
                                     .remember = w->remember,
                                     .model_change = w->has_model,
                                     .model = w->model,
                                     .address_hash = str_of(e->address_hash)};
    struct buf                  body = {0};

    e->is_unusual = w->is_unusual;
    session_save_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_saved);
}

void route_save_settings(const struct visit *v)
{
    struct wanted w = {0};
    struct buf    why = {0};

    if (take_key(v, &w, &why) && take_model(v, &w, &why) &&
        body_flag(v->body, "remember", true, &w.remember, &why))
        save(v, &w);
    else
        visit_refuse(v, ERR_BAD_REQUEST, &why);
    buf_fini(&w.sealed);
}

/* ---- POST /test_openrouter ---- */

static json_t *number_or_null(uint64_t has, json_t *number)
{
    if (has)
        return number;
    json_decref(number);
    return json_null();
}

static void take_test(struct errand *e, const struct bus_reply *a)
{
    struct key_test_reply say;

    if (!errand_read(e, a, key_test_reply, &say))
        return;
    json_t *o = json_object();
    json_object_set_new(o, "ok", json_true());
    json_object_set_new(o, "label", json_of(say.label));
    json_object_set_new(o, "limit_remaining",
                        number_or_null(say.has_limit, json_real(say.limit_remaining)));
    json_object_set_new(o, "is_free_tier", json_boolean(say.is_free_tier));
    json_object_set_new(
        o, "free_requests_left",
        number_or_null(say.has_free_requests, json_integer((json_int_t)say.free_requests_left)));
    errand_reply(e, 200, o);
}

static void ask_test(struct errand *e, struct str sealed)
{
    struct key_test_request m = {.sealed_key = sealed};
    struct buf              body = {0};

    key_test_request_encode(&m, &body);
    errand_ask(e, SERVICE_LLM_WORKER, &body, take_test);
}

static void take_kept_key(struct errand *e, const struct bus_reply *a)
{
    struct session_open_reply *say = mem_new(sizeof *say);

    if (errand_read(e, a, session_open_reply, say))
        ask_test(e, say->sealed_key);
    free(say);
}

static void take_test_limit(struct errand *e, const struct bus_reply *a)
{
    struct limit_take_reply say;

    if (!errand_read(e, a, limit_take_reply, &say))
        return;
    if (say.allowed && say.limits_unavailable) {
        say.retry_after_ms = rate_take(e->gw->key_tests, str_of(e->address_hash), clock_ms());
        say.allowed = say.retry_after_ms == 0;
    }
    if (!say.allowed)
        errand_fail(e, &(struct bus_reply){.kind = BUS_REPLY_ERROR,
                                           .err = ERR_LIMITED,
                                           .retry_after_ms = say.retry_after_ms});
    else if (e->body.len)
        ask_test(e, buf_view(&e->body));
    else
        ask_session(e, take_kept_key);
}

void route_key_test(const struct visit *v)
{
    struct wanted w = {0};
    struct buf    why = {0}, body = {0};

    if (!take_key(v, &w, &why) || !take_model(v, &w, &why)) {
        visit_refuse(v, ERR_BAD_REQUEST, &why);
        buf_fini(&w.sealed);
        return;
    }
    struct errand *e = errand_new(v);
    e->body = w.sealed;
    struct limit_take_request m = {.address_hash = str_of(e->address_hash),
                                   .what = STR("key_test"),
                                   .session = uuid_str(&e->session)};
    limit_take_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_test_limit);
}
