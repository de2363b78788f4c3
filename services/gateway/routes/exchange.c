/* Sends over the bus, and ties the reply to the HTTP request. */
#include "routes/exchange.h"

#include <stdlib.h>

#include "http/reply.h"

#define STORE_MS  10000
#define WORKER_MS 25000 /* includes a request to OpenRouter */

static void on_gone(struct request_hooks *h)
{
    struct exchange *x = (struct exchange *)h;
    exchange_free(&x);
}

void exchange_init(struct exchange *x, const struct request_context *c,
                   void (*fini)(struct exchange *x))
{
    x->hooks.on_gone = on_gone;
    x->gw = c->gw;
    x->rq = c->rq;
    x->who = c->who;
    x->fini = fini;
    http_set_user(c->rq, &x->hooks);
}

struct exchange *exchange_new(const struct request_context *c)
{
    struct exchange *x = mem_new(sizeof *x);

    exchange_init(x, c, NULL);
    return x;
}

void exchange_free(struct exchange **exchange)
{
    struct exchange *x = *exchange;

    if (!x)
        return;
    if (x->is_open && !x->send_err)
        bus_cancel(x->gw->bus, x->id);
    deferred_call_stop(&x->send_failed);
    http_set_user(x->rq, NULL);
    if (x->fini)
        x->fini(x);
    free(x);
    *exchange = NULL;
}

/* ---- the request and its reply ---- */

static void on_reply(void *ctx, const struct bus_reply *a)
{
    struct exchange *x = ctx;

    if (a->kind == BUS_REPLY_CHUNK)
        return; /* no request here is answered in chunks */
    x->is_open = false;
    x->on_reply(x, a);
}

static void on_send_failed(void *ctx)
{
    struct exchange *x = ctx;

    x->is_open = false;
    x->on_reply(x, &(struct bus_reply){.kind = BUS_REPLY_ERROR, .err = x->send_err});
}

void exchange_send(struct exchange *x, enum service to, struct buf *body,
                   void (*handle)(struct exchange *x, const struct bus_reply *a))
{
    struct bus_request request = {.service = to,
                                  .body = buf_view(body),
                                  .ttl_ms = to == SERVICE_LLM_WORKER ? WORKER_MS : STORE_MS,
                                  .on_reply = on_reply,
                                  .ctx = x};

    x->on_reply = handle;
    x->send_err = bus_send(x->gw->bus, &request, &x->id);
    x->is_open = true;
    buf_fini(body);
    if (x->send_err)
        deferred_call_start(&x->send_failed, x->gw->loop, on_send_failed, x);
}

/* ---- the reply to the client ---- */

void exchange_reply(struct exchange **x, unsigned status, json_t *body)
{
    struct http_request *rq = (*x)->rq;

    exchange_free(x);
    reply_json(rq, status, body);
}

void exchange_reply_with(struct exchange **x, unsigned status, json_t *body,
                         const struct http_field *more)
{
    struct http_request *rq = (*x)->rq;

    exchange_free(x);
    reply_json_with(rq, status, body, more);
}

static void fail(struct exchange **x, const struct reply_failure *f)
{
    struct http_request *rq = (*x)->rq;

    exchange_free(x);
    reply_failure(rq, f);
}

void exchange_fail(struct exchange **x, enum err err, uint64_t retry_after_ms)
{
    fail(x, &(struct reply_failure){.err = err, .retry_after_ms = retry_after_ms});
}

void exchange_fail_from(struct exchange **x, const struct bus_reply *a)
{
    fail(x, &(struct reply_failure){.err = a->kind == BUS_REPLY_ERROR && a->err ? a->err
                                                                                : ERR_INTERNAL,
                                    .detail = a->detail,
                                    .retry_after_ms = a->retry_after_ms});
}

void exchange_on_done(struct exchange *x, const struct bus_reply *a)
{
    struct done_reply reply;

    if (exchange_read(x, a, done_reply, &reply))
        exchange_reply(&x, 200, json_object());
}
