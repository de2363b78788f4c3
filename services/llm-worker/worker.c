/* The table of calls, and what the bus wants of them. */
#include <stdlib.h>

#include "answer.h"
#include "base/clock.h"
#include "base/log.h"
#include "lookup.h"
#include "loop/admin.h"
#include "worker.h"

/* ---- the table ---- */

static struct call **place_of(struct worker *w, uint64_t handle)
{
    struct call **at = &w->calls[handle % COUNT_OF(w->calls)];

    while (*at && (*at)->handle != handle)
        at = &(*at)->next;
    return at;
}

void worker_begin(struct worker *w, struct call *c, const struct backend_request *rq)
{
    struct call **at = place_of(w, rq->handle);

    must(!*at);
    c->worker = w;
    c->handle = rq->handle;
    str_format(c->trace, sizeof c->trace, "%.*s", (int)rq->trace.len,
               rq->trace.len ? rq->trace.p : "");
    c->began = clock_ms();
    *at = c;
}

void worker_end(struct call *c)
{
    struct call **at = place_of(c->worker, c->handle);

    must(*at == c);
    *at = c->next;
    free(c);
}

void worker_tell_ended(struct call *c, enum end_by by)
{
    struct backend *bus = c->worker->backend;

    if (by == END_BY_TURN)
        backend_error(bus, c->handle, ERR_STOPPED, false, 0, (struct str){0});
    else
        backend_cancelled(bus, c->handle);
}

/* ---- the bus ---- */

static void on_request(void *ctx, const struct backend_request *rq)
{
    struct worker *w = ctx;

    switch (rq->number) {
    case MSG_LLM_ANSWER_REQUEST:
        answer_start(w, rq);
        break;
    case MSG_KEY_TEST_REQUEST:
        lookup_start_key(w, rq);
        break;
    case MSG_MODELS_LIST_REQUEST:
        lookup_start_models(w, rq);
        break;
    default: /* a newer gateway may ask for more */
        log_warn(rq->handle, "worker.unknown", "number=%llu", (unsigned long long)rq->number);
        backend_error(w->backend, rq->handle, ERR_BAD_FRAME, false, 0, (struct str){0});
    }
}

static void on_cancel(void *ctx, uint64_t handle)
{
    struct call *c = *place_of(ctx, handle);

    if (c)
        c->on_cancel(c, END_BY_GATEWAY);
}

static void on_cancel_turn(void *ctx, struct str turn_id)
{
    struct worker *w = ctx;

    for (size_t i = 0; turn_id.len && i < COUNT_OF(w->calls); i++) {
        for (struct call *c = w->calls[i], *next; c; c = next) {
            next = c->next;
            if (str_is(turn_id, c->turn_id))
                c->on_cancel(c, END_BY_TURN);
        }
    }
}

static void on_credit(void *ctx, uint64_t handle)
{
    struct call *c = *place_of(ctx, handle);

    if (c && c->on_credit)
        c->on_credit(c);
}

static void on_drained(void *ctx)
{
    struct worker *w = ctx;

    log_info(0, "worker.drained", "ms=%llu", (unsigned long long)(clock_ms() - w->draining_since));
    loop_quit(w->loop);
}

/* ---- life ---- */

static const struct backend_ops ops = {
    .on_request = on_request,
    .on_cancel = on_cancel,
    .on_cancel_turn = on_cancel_turn,
    .on_credit = on_credit,
    .on_drained = on_drained,
};

static const char *not_ready(void *ctx)
{
    const struct worker *w = ctx;
    return backend_not_ready(w->backend);
}

static void count(void *ctx)
{
    const struct worker *w = ctx;

    backend_update_metrics(w->backend);
    breaker_count(&w->planner.breaker, clock_ms());
}

static const struct admin_ops admin_ops = {"llm-worker", not_ready, count};

enum err worker_open(struct worker *w, struct loop *l, struct resolver *r, const struct config *c)
{
    const struct upstream upstream = {
        .base_url = c->base_url,
        .referer = c->http_referer,
        .title = c->app_title,
        .ca_file = c->ca_file,
        .connect_ms = c->connect_ms,
    };
    const struct backend_options bus = {
        .service = SERVICE_LLM_WORKER,
        .gateways = c->bus_gateways,
        .secret_key = c->bus_secret_key,
        .gateway_key = c->bus_gateway_key,
        .slots = (unsigned)c->slots,
    };
    const struct models_options models = {c->models_refresh_ms, c->lookup_ms};

    *w = (struct worker){.config = c, .loop = l};
    w->transfers = transfers_new(l, &upstream, (unsigned)c->slots);
    models_init(&w->models, l, w->transfers, &models);
    planner_init(&w->planner, c, &w->models);
    enum err err =
        admin_open(&w->admin_port, l, c->admin_address, (unsigned)c->admin_port, &admin_ops, w);
    return err ? err : backend_open(&w->backend, l, r, &bus, &ops, w);
}

/* What still runs is given up: the second signal, a drain that took too long, or
 * the bus could not be opened. */
void worker_close(struct worker *w)
{
    admin_close(&w->admin_port);
    timer_stop(&w->drain_end);
    for (size_t i = 0; i < COUNT_OF(w->calls); i++)
        while (w->calls[i])
            w->calls[i]->on_cancel(w->calls[i], END_BY_GATEWAY);
    backend_close(&w->backend);
    planner_fini(&w->planner);
    models_fini(&w->models);
    transfers_free(&w->transfers);
}

static void on_drain_end(void *ctx)
{
    struct worker *w = ctx;

    log_warn(0, "worker.drain_cut", "ms=%llu", (unsigned long long)w->config->drain_ms);
    loop_quit(w->loop);
}

void worker_drain(struct worker *w)
{
    w->draining_since = clock_ms();
    timer_start(&w->drain_end, w->loop, w->config->drain_ms, on_drain_end, w);
    log_info(0, "worker.draining", "gateways=%u", backend_gateways(w->backend));
    backend_drain(w->backend);
}
