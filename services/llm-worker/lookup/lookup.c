/* A key is looked up each time; the list of models comes from model_list. */
#include "lookup.h"
#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "openrouter/keyring.h"
#include "openrouter/resources.h"

#define KEY_BODY_MAX_BYTES (64 * 1024)

static void refuse(struct calls *calls, const struct backend_request *rq,
                   const struct upstream_failure *why)
{
    log_info(rq->handle, "lookup.refused", "why=%s", err_code(why->err));
    call_report_failure(calls, rq->handle, why);
}

/* ---- a key ---- */

struct key_lookup {
    struct call  call; /* first */
    struct fetch fetch;
};

static void end_key(struct key_lookup *l, const char *outcome)
{
    log_info(l->call.handle, "lookup.end", "what=key outcome=%s http=%u ms=%llu", outcome,
             l->fetch.head.status, (unsigned long long)(clock_ms() - l->call.began));
    fetch_stop(&l->fetch);
    call_end(&l->call);
}

static void cancel_key(struct call *c, enum cancel_source by)
{
    call_report_cancelled(c, by);
    end_key((struct key_lookup *)c, "cancelled");
}

static void fail_key(struct key_lookup *l, const struct upstream_failure *why)
{
    call_report_failure(l->call.calls, l->call.handle, why);
    end_key(l, err_code(why->err));
}

static void on_key(void *ctx, const struct upstream_failure *why)
{
    struct key_lookup    *l = ctx;
    struct key_test_reply reply;
    struct buf            body = {0};

    if (why) {
        fail_key(l, why);
        return;
    }
    json_t *json = resources_read_key(buf_view(&l->fetch.body), &reply);
    if (!json) {
        struct upstream_failure unreadable = fetch_unreadable(&l->fetch);
        fail_key(l, &unreadable);
        return;
    }
    key_test_reply_encode(&reply, &body);
    backend_final(l->call.calls->backend, l->call.handle, buf_view(&body));
    buf_fini(&body);
    json_decref(json);
    end_key(l, "ok");
}

static void start_key(struct calls *calls, const struct backend_request *rq, struct str key)
{
    struct key_lookup         *l = mem_new(sizeof *l);
    uint64_t                   timeout_ms = calls->config->lookup_ms;
    const struct fetch_options options = {
        .path = "/key",
        .key = key,
        .max_bytes = KEY_BODY_MAX_BYTES,
        .timeout_ms = rq->ttl_ms < timeout_ms ? rq->ttl_ms : timeout_ms,
    };

    l->call.cancel = cancel_key;
    call_begin(&l->call, calls, rq);
    fetch_start(&l->fetch, calls->loop, calls->transfers, &options, on_key, l);
}

void lookup_start_key(struct calls *calls, const struct backend_request *rq)
{
    const struct config    *c = calls->config;
    struct key_test_request request;
    struct buf              key = {0};
    struct upstream_failure why = upstream_failure_of(ERR_BAD_REQUEST, false, "");

    if (key_test_request_decode(&request, rq->body) == ERR_OK &&
        keyring_open(&c->ring, c->operator_key, request.sealed_key, &key, &why))
        start_key(calls, rq, buf_view(&key));
    else
        refuse(calls, rq, &why);
    seal_wipe(&key);
}

/* ---- the models ---- */

struct models_lookup {
    struct call              call; /* first */
    struct model_list_waiter waiter;
    struct model_list       *models;
};

static void end_models(struct models_lookup *l)
{
    model_list_cancel(&l->waiter);
    call_end(&l->call);
}

static void on_models(void *ctx, const struct upstream_failure *why)
{
    struct models_lookup *l = ctx;
    struct calls         *calls = l->call.calls;

    if (why)
        call_report_failure(calls, l->call.handle, why);
    else
        backend_final(calls->backend, l->call.handle, buf_view(&l->models->catalogue.bytes));
    end_models(l);
}

static void cancel_models(struct call *c, enum cancel_source by)
{
    call_report_cancelled(c, by);
    end_models((struct models_lookup *)c);
}

void lookup_start_models(struct calls *calls, struct model_list *models,
                         const struct backend_request *rq)
{
    struct models_list_request request;

    if (models_list_request_decode(&request, rq->body)) {
        struct upstream_failure why = upstream_failure_of(ERR_BAD_REQUEST, false, "");
        refuse(calls, rq, &why);
        return;
    }
    struct models_lookup *l = mem_new(sizeof *l);
    l->call.cancel = cancel_models;
    l->waiter.on_models = on_models;
    l->waiter.ctx = l;
    l->models = models;
    call_begin(&l->call, calls, rq);
    model_list_wait(models, &l->waiter);
}
