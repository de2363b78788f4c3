/* POST /test_openrouter: asks OpenRouter about a key, the one sent or the one that is saved.
 *
 *   on_limit ──► a key was sent: request_test ───────────────────► on_result
 *           └──► else the saved one: request the session ──► on_session ──┘ */
#include <stdlib.h>

#include "base/clock.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/settings_body.h"

struct key_test {
    struct exchange exchange;   /* first */
    struct buf      sealed_key; /* owned; empty: the saved one is tested */
    char            address_hash[PSEUDONYM_SIZE];
};

static void key_test_fini(struct exchange *x)
{
    buf_fini(&((struct key_test *)x)->sealed_key);
}

static json_t *number_or_null(uint64_t has, json_t *number)
{
    if (has)
        return number;
    json_decref(number);
    return json_null();
}

static void on_result(struct exchange *x, const struct bus_reply *a)
{
    struct key_test_reply reply;

    if (!exchange_read(x, a, key_test_reply, &reply))
        return;
    json_t *limit = number_or_null(reply.has_limit, json_real(reply.limit_remaining));
    json_t *requests =
        number_or_null(reply.has_free_requests, json_integer((json_int_t)reply.free_requests_left));
    json_t *o = json_object();
    json_object_set_new(o, "ok", json_true());
    json_object_set_new(o, "label", reply_string(reply.label));
    json_object_set_new(o, "limit_remaining", limit);
    json_object_set_new(o, "is_free_tier", json_boolean(reply.is_free_tier));
    json_object_set_new(o, "free_requests_left", requests);
    exchange_reply(&x, 200, o);
}

static void request_test(struct exchange *x, struct str sealed_key)
{
    struct key_test_request m = {.sealed_key = sealed_key};
    struct buf              body = {0};

    key_test_request_encode(&m, &body);
    exchange_send(x, SERVICE_LLM_WORKER, &body, on_result);
}

static void on_session(struct exchange *x, const struct bus_reply *a)
{
    struct session_open_reply *reply = mem_new(sizeof *reply);

    if (exchange_read(x, a, session_open_reply, reply))
        request_test(x, reply->sealed_key);
    free(reply);
}

static void request_saved_key(struct exchange *x)
{
    struct session_open_request m = {.session = uuid_str(&x->who.session)};
    struct buf                  body = {0};

    session_open_request_encode(&m, &body);
    exchange_send(x, SERVICE_STORE, &body, on_session);
}

static void on_limit(struct exchange *x, const struct bus_reply *a)
{
    struct key_test        *k = (struct key_test *)x;
    struct limit_take_reply reply;

    if (!exchange_read(x, a, limit_take_reply, &reply))
        return;
    if (reply.allowed && reply.limits_unavailable) {
        reply.retry_after_ms = rate_take(x->gw->key_tests, str_of(k->address_hash), clock_ms());
        reply.allowed = reply.retry_after_ms == 0;
    }
    if (!reply.allowed)
        exchange_fail(&x, ERR_LIMITED, reply.retry_after_ms);
    else if (k->sealed_key.len)
        request_test(x, buf_view(&k->sealed_key));
    else
        request_saved_key(x);
}

static void request_limit(struct key_test *k)
{
    struct limit_take_request m = {.address_hash = str_of(k->address_hash),
                                   .what = STR("key_test"),
                                   .session = uuid_str(&k->exchange.who.session)};
    struct buf                body = {0};

    limit_take_request_encode(&m, &body);
    exchange_send(&k->exchange, SERVICE_STORE, &body, on_limit);
}

void route_key_test(const struct request_context *c)
{
    struct settings_body wanted;
    struct buf           why = {0};

    if (!settings_body_read(c, &wanted, &why)) {
        handler_refuse(c, ERR_BAD_REQUEST, &why);
        settings_body_fini(&wanted);
        return;
    }
    struct key_test *k = mem_new(sizeof *k);
    exchange_init(&k->exchange, c, key_test_fini);
    k->sealed_key = wanted.sealed_key; /* moved */
    handler_address_hash(c, k->address_hash);
    request_limit(k);
}
