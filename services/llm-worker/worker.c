/* Requests of the bus become calls; the end of the service. */
#include <stdlib.h>

#include "answer/answer.h"
#include "base/clock.h"
#include "base/log.h"
#include "call.h"
#include "lookup/lookup.h"
#include "loop/admin.h"
#include "worker.h"

struct worker {
    const struct config  *config; /* borrowed */
    struct loop          *loop;   /* borrowed */
    struct resolver      *resolver;
    struct transfers     *transfers;
    struct backend       *backend;
    struct admin         *admin;
    struct model_list     models;
    struct answer_planner planner;
    struct calls          calls;
    uint64_t              draining_since;
    struct timer          drain_deadline;
};

/* ---- the bus ---- */

static void on_request(void *ctx, const struct backend_request *rq)
{
    struct worker *w = ctx;

    switch (rq->number) {
    case MSG_LLM_ANSWER_REQUEST:
        answer_start(&w->calls, &w->planner, rq);
        break;
    case MSG_KEY_TEST_REQUEST:
        lookup_start_key(&w->calls, rq);
        break;
    case MSG_MODELS_LIST_REQUEST:
        lookup_start_models(&w->calls, &w->models, rq);
        break;
    default: /* of a newer gateway */
        log_warn(rq->handle, "worker.unknown_request", "number=%llu",
                 (unsigned long long)rq->number);
        backend_error(w->backend, rq->handle, ERR_BAD_FRAME, false, 0, (struct str){0});
    }
}

static void on_cancel(void *ctx, uint64_t handle)
{
    struct worker *w = ctx;
    call_cancel(&w->calls, handle);
}

static void on_cancel_turn(void *ctx, struct str turn_id)
{
    struct worker *w = ctx;
    call_cancel_turn(&w->calls, turn_id);
}

static void on_credit(void *ctx, uint64_t handle)
{
    struct worker *w = ctx;
    call_resume(&w->calls, handle);
}

static void on_drained(void *ctx)
{
    struct worker *w = ctx;

    log_info(0, "worker.drained", "ms=%llu", (unsigned long long)(clock_ms() - w->draining_since));
    loop_quit(w->loop);
}

/* ---- the admin port ---- */

static const char *not_ready(void *ctx)
{
    const struct worker *w = ctx;
    return backend_not_ready(w->backend);
}

static void update_metrics(void *ctx)
{
    const struct worker *w = ctx;

    backend_update_metrics(w->backend);
    breaker_update_metrics(&w->planner.breaker, clock_ms());
}

/* ---- life ---- */

static enum err open_ports(struct worker *w)
{
    static const struct backend_ops backend_ops = {
        .on_request = on_request,
        .on_cancel = on_cancel,
        .on_cancel_turn = on_cancel_turn,
        .on_credit = on_credit,
        .on_drained = on_drained,
    };
    static const struct admin_ops admin_ops = {
        .service = "llm-worker",
        .not_ready = not_ready,
        .count = update_metrics,
    };
    const struct config         *c = w->config;
    const struct backend_options options = {
        .service = SERVICE_LLM_WORKER,
        .gateways = c->bus_gateways,
        .secret_key = c->bus_secret_key,
        .gateway_key = c->bus_gateway_key,
        .slots = (unsigned)c->slots,
    };
    enum err err =
        admin_open(&w->admin, w->loop, c->admin_address, (unsigned)c->admin_port, &admin_ops, w);

    return err ? err : backend_open(&w->backend, w->loop, w->resolver, &options, &backend_ops, w);
}

enum err worker_open(struct worker **out, struct loop *l, const struct config *c)
{
    struct worker        *w = mem_new(sizeof *w);
    const struct upstream upstream = {
        .base_url = c->base_url,
        .referer = c->http_referer,
        .title = c->app_title,
        .ca_file = c->ca_file,
        .connect_ms = c->connect_ms,
    };

    w->config = c;
    w->loop = l;
    w->resolver = resolver_new(l);
    w->transfers = transfers_new(l, &upstream, (unsigned)c->slots);
    model_list_init(&w->models, l, w->transfers, c->models_refresh_ms, c->lookup_ms);
    answer_planner_init(&w->planner, c, &w->models);
    enum err err = open_ports(w);
    if (err) {
        worker_close(&w);
        return err;
    }
    w->calls = (struct calls){
        .config = c,
        .loop = l,
        .transfers = w->transfers,
        .backend = w->backend,
    };
    *out = w;
    return ERR_OK;
}

/* Calls still run after a second signal, or if draining took too long. */
void worker_close(struct worker **worker)
{
    struct worker *w = *worker;

    if (!w)
        return;
    admin_close(&w->admin);
    timer_stop(&w->drain_deadline);
    call_cancel_all(&w->calls);
    backend_close(&w->backend);
    answer_planner_fini(&w->planner);
    model_list_fini(&w->models);
    transfers_free(&w->transfers);
    resolver_free(&w->resolver);
    free(w);
    *worker = NULL;
}

static void on_drain_deadline(void *ctx)
{
    struct worker *w = ctx;

    log_warn(0, "worker.drain_timeout", "ms=%llu", (unsigned long long)w->config->drain_ms);
    loop_quit(w->loop);
}

void worker_drain(struct worker *w)
{
    w->draining_since = clock_ms();
    timer_start(&w->drain_deadline, w->loop, w->config->drain_ms, on_drain_deadline, w);
    log_info(0, "worker.draining", "gateways=%u", backend_gateways(w->backend));
    backend_drain(w->backend);
}
