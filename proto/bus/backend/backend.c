/* Drives backend_core with the sockets of the dialer. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/uuid.h"
#include "bus/backend/backend.h"
#include "bus/backend/backend_core.h"
#include "bus/backend/dialer.h"

struct backend {
    struct loop         *loop; /* borrowed */
    struct backend_core *core;
    struct dialer       *dialer;
    struct uuid          instance;
    struct backend_ops   ops;
    void                *ctx;
    struct timer         tick;
    struct deferred_call pump;
};

/* ---- actions of the core ---- */

static void send_frame(struct backend *b, struct action *a)
{
    if (dialer_send(b->dialer, a->to, &a->bytes)) {
        metric_add(METRIC_BUS_FRAMES_OUT, 1);
        return;
    }
    /* On a link that is not up this is the normal fate of a PING. */
    if (backend_core_is_up(b->core, a->to))
        metric_add(METRIC_BUS_SEND_FULL, 1);
    backend_core_send_failed(b->core, a->to);
}

static void deliver_request(struct backend *b, const struct action *a)
{
    struct backend_request rq = {.handle = a->id,
                                 .number = a->number,
                                 .body = buf_view(&a->bytes),
                                 .ttl_ms = a->ttl_ms,
                                 .trace = str_of(a->trace)};
    b->ops.on_request(b->ctx, &rq);
}

static void deliver(struct backend *b, const struct action *a)
{
    bool open = backend_core_is_open(b->core, a->id);

    switch (a->kind) {
    case ACTION_REQUEST:
        deliver_request(b, a);
        break;
    case ACTION_CANCEL:
        if (open) /* otherwise it has ended since */
            b->ops.on_cancel(b->ctx, a->id);
        break;
    case ACTION_CREDIT:
        if (open && b->ops.on_credit)
            b->ops.on_credit(b->ctx, a->id);
        break;
    case ACTION_CANCEL_TURN:
        if (b->ops.on_cancel_turn)
            b->ops.on_cancel_turn(b->ctx, buf_view(&a->bytes));
        break;
    case ACTION_DRAINED:
        if (b->ops.on_drained)
            b->ops.on_drained(b->ctx);
        break;
    case ACTION_SEND:
    case ACTION_CHUNK:
    case ACTION_FINAL:
    case ACTION_ERROR:
        break;
    }
}

static void pump(void *ctx)
{
    struct backend *b = ctx;
    struct action   a;

    while (backend_core_next(b->core, &a)) {
        if (a.kind == ACTION_SEND)
            send_frame(b, &a);
        else
            deliver(b, &a);
        outbox_fini_action(&a);
    }
}

static void defer_pump(struct backend *b)
{
    deferred_call_start(&b->pump, b->loop, pump, b);
}

/* ---- called by the dialer and the loop ---- */

static void on_link(void *ctx, uint64_t link)
{
    struct backend *b = ctx;
    backend_core_link(b->core, clock_ms(), link);
}

static void on_unlink(void *ctx, uint64_t link)
{
    struct backend *b = ctx;
    backend_core_unlink(b->core, link);
    defer_pump(b);
}

static bool is_up(void *ctx, uint64_t link)
{
    const struct backend *b = ctx;
    return backend_core_is_up(b->core, link);
}

static void on_frame(void *ctx, uint64_t link, struct str bytes)
{
    struct backend *b = ctx;
    backend_core_frame(b->core, clock_ms(), link, bytes);
}

static void on_tick(void *ctx)
{
    struct backend *b = ctx;

    timer_start(&b->tick, b->loop, BACKEND_TICK_MS, on_tick, b);
    backend_core_tick(b->core, clock_ms());
    pump(b);
}

static const struct dialer_ops dialer_ops = {
    .on_link = on_link,
    .on_unlink = on_unlink,
    .is_up = is_up,
    .on_frame = on_frame,
    .on_read = pump,
};

/* ---- opening ---- */

static enum err open_dialer(struct backend *b, struct resolver *r, const struct backend_options *o)
{
    struct dialer_options d = {
        .secret_key = o->secret_key, .gateway_key = o->gateway_key, .requests_max = o->slots};

    if (gateways_parse(&d.names, str_of(o->gateways))) {
        log_error(0, "bus.open_failed",
                  "what=%s why=\"expected names or addresses, separated by commas\"",
                  log_quote(str_of(o->gateways)));
        return ERR_BAD_REQUEST;
    }
    return dialer_open(&b->dialer, b->loop, r, &d, &dialer_ops, b);
}

enum err backend_open(struct backend **out, struct loop *l, struct resolver *r,
                      const struct backend_options *o, const struct backend_ops *ops, void *ctx)
{
    struct backend             *b = mem_new(sizeof *b);
    struct backend_core_options core = {.service = o->service,
                                        .boot = clock_wall_ms(),
                                        .seed = random_u64(),
                                        .window = o->window,
                                        .slots = o->slots};

    b->instance = uuid_new();
    core.instance = b->instance.text;
    b->loop = l;
    b->ops = *ops;
    b->ctx = ctx;
    b->core = backend_core_new(&core, clock_ms());
    enum err err = open_dialer(b, r, o);
    if (err) {
        backend_close(&b);
        return err;
    }
    timer_start(&b->tick, l, BACKEND_TICK_MS, on_tick, b);
    *out = b;
    return ERR_OK;
}

/* dialer_close still sends what was given to it. */
static void send_bye(struct backend *b)
{
    struct action a;

    backend_core_bye(b->core);
    while (backend_core_next(b->core, &a)) {
        if (a.kind == ACTION_SEND)
            dialer_send(b->dialer, a.to, &a.bytes);
        outbox_fini_action(&a);
    }
}

void backend_close(struct backend **backend)
{
    struct backend *b = *backend;

    if (!b)
        return;
    timer_stop(&b->tick);
    if (b->dialer)
        send_bye(b);
    dialer_close(&b->dialer);
    deferred_call_stop(&b->pump);
    backend_core_free(&b->core);
    free(b);
    *backend = NULL;
}

/* ---- commands of the service ---- */

void backend_final(struct backend *b, uint64_t handle, struct str body)
{
    backend_core_final(b->core, clock_ms(), handle, body);
    defer_pump(b);
}

static void end_with(struct backend *b, uint64_t handle, struct error e)
{
    struct str cut = str_cut(e.detail, LIMIT_DETAIL);

    e.detail = str_is_utf8(cut) ? cut : (struct str){0};
    backend_core_error(b->core, clock_ms(), handle, &e);
    defer_pump(b);
}

void backend_error(struct backend *b, uint64_t handle, enum err err, bool retryable,
                   uint64_t retry_after_ms, struct str detail)
{
    end_with(b, handle,
             (struct error){.code = str_of(err_code(err)),
                            .retryable = retryable,
                            .retry_after_ms = retry_after_ms,
                            .detail = detail});
}

void backend_error_local(struct backend *b, uint64_t handle, enum err err, uint64_t retry_after_ms,
                         struct str detail)
{
    end_with(b, handle,
             (struct error){.code = str_of(err_code(err)),
                            .retryable = true,
                            .retry_after_ms = retry_after_ms,
                            .detail = detail,
                            .local = true});
}

void backend_cancelled(struct backend *b, uint64_t handle)
{
    backend_core_cancelled(b->core, clock_ms(), handle);
    defer_pump(b);
}

uint64_t backend_credit(const struct backend *b, uint64_t handle)
{
    return backend_core_credit(b->core, handle);
}

void backend_chunk(struct backend *b, uint64_t handle, struct str body)
{
    backend_core_chunk(b->core, handle, body);
    defer_pump(b);
}

void backend_drain(struct backend *b)
{
    backend_core_drain(b->core, clock_ms());
    defer_pump(b);
}

unsigned backend_gateways(const struct backend *b)
{
    return backend_core_gateways(b->core);
}

const char *backend_not_ready(const struct backend *b)
{
    if (backend_core_is_draining(b->core))
        return "draining";
    return backend_core_gateways(b->core) ? NULL : "not connected to any gateway";
}

void backend_update_metrics(const struct backend *b)
{
    backend_core_update_metrics(b->core);
}
