/* Small requests over the bus. */
#include <stdlib.h>
#include <string.h>

#include "http/reply.h"
#include "routes/exchange.h"

#define ERRAND_MS 10000
#define WORKER_MS 25000 /* OpenRouter is asked in it */

void errand_free(struct errand *e)
{
    if (e->is_open)
        bus_cancel(e->gw->bus, e->question);
    http_set_user(e->rq, NULL);
    buf_fini(&e->body);
    json_decref(e->whole);
    free(e);
}

static void on_gone(struct waiter *w)
{
    errand_free((struct errand *)w);
}

struct errand *errand_new(const struct visit *v)
{
    struct errand *e = mem_new(sizeof *e);

    e->waiter.on_gone = on_gone;
    e->gw = v->gw;
    e->rq = v->rq;
    e->client = v->client;
    memcpy(e->account, v->account, sizeof e->account);
    e->session = v->session;
    e->former = v->former;
    visit_address_hash(v, e->address_hash);
    http_set_user(v->rq, &e->waiter);
    return e;
}

static void on_reply(void *ctx, const struct bus_reply *a)
{
    struct errand *e = ctx;

    if (a->kind == BUS_REPLY_CHUNK)
        return; /* nothing that errands ask is answered in pieces */
    e->is_open = false;
    e->take(e, a);
}

void errand_ask(struct errand *e, enum service to, struct buf *body,
                void (*take)(struct errand *e, const struct bus_reply *a))
{
    struct bus_request q = {.service = to,
                            .body = buf_view(body),
                            .ttl_ms = to == SERVICE_LLM_WORKER ? WORKER_MS : ERRAND_MS,
                            .on_reply = on_reply,
                            .ctx = e};
    enum err           err = bus_send(e->gw->bus, &q, &e->question);

    buf_fini(body);
    e->take = take;
    e->is_open = !err;
    if (err)
        take(e, &(struct bus_reply){.kind = BUS_REPLY_ERROR, .err = err});
}

void errand_reply_and(struct errand *e, unsigned status, json_t *body,
                      const struct http_field *more)
{
    struct http_request *rq = e->rq;

    errand_free(e);
    reply_json_and(rq, status, body, more);
}

void errand_reply(struct errand *e, unsigned status, json_t *body)
{
    struct http_request *rq = e->rq;

    errand_free(e);
    reply_json(rq, status, body);
}

void errand_fail(struct errand *e, const struct bus_reply *a)
{
    struct http_request *rq = e->rq;
    struct failure       f = {.err = a->kind == BUS_REPLY_ERROR && a->err ? a->err : ERR_INTERNAL,
                              .detail = a->detail,
                              .retry_after_ms = a->retry_after_ms};

    errand_free(e);
    reply_failure(rq, &f);
}
