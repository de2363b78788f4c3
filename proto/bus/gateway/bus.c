/* Drives gateway_core with the ROUTER socket and the ZAP handler. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "bus/common/id_table.h"
#include "bus/common/sockets.h"
#include "bus/gateway/bus.h"
#include "bus/gateway/gateway_core.h"
#include "bus/gateway/self_test.h"
#include "wire/messages.h"

/* ZMQ_ZAP_ENFORCE_DOMAIN: refuse every connection while there is no ZAP handler.  zmq.h
 * declares it only with the draft API, but the library always has it. */
#define ENFORCE_DOMAIN 93

struct caller {
    void (*on_reply)(void *ctx, const struct bus_reply *reply);
    void    *ctx;
    uint64_t number; /* of the message in the request */
    uint64_t since_us;
};

struct bus {
    struct loop         *loop; /* borrowed */
    struct gateway_core *core;
    struct allow         allow;
    char                *allow_file; /* owned */
    struct zap          *zap;
    zsock_t             *router;
    struct id_table      callers; /* owned, by request id */
    struct timer         tick;
    struct deferred_call pump;
};

/* ---- actions of the core ---- */

/* libzmq generates routing ids of a zero byte and four more; a peer that sets its own
 * is not one of ours. */
#define ROUTE_LEN 5

static bool route_of(zmq_msg_t *part, uint64_t *route)
{
    const uint8_t *id = zmq_msg_data(part);

    if (zmq_msg_size(part) != ROUTE_LEN || id[0])
        return false;
    *route = 0;
    for (unsigned i = 1; i < ROUTE_LEN; i++)
        *route = *route << 8 | id[i];
    return true;
}

static bool send_to(struct bus *b, uint64_t route, struct buf *bytes)
{
    uint8_t id[ROUTE_LEN] = {0};

    for (unsigned i = ROUTE_LEN - 1; i; i--, route >>= 8)
        id[i] = (uint8_t)route;
    if (zmq_send(zsock_resolve(b->router), id, sizeof id, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return false;
    return sockets_send(b->router, bytes);
}

static enum bus_reply_kind kind_of(const struct action *a)
{
    if (a->kind == ACTION_CHUNK)
        return BUS_REPLY_CHUNK;
    return a->kind == ACTION_FINAL ? BUS_REPLY_FINAL : BUS_REPLY_ERROR;
}

static void measure(const struct caller *caller, enum bus_reply_kind kind)
{
    metric_observe_for(METRIC_BUS_REPLY, msg_name(caller->number),
                       kind == BUS_REPLY_FINAL ? "ok" : "error",
                       (double)(clock_us() - caller->since_us) / 1e6);
}

static void deliver(struct bus *b, const struct action *a)
{
    enum bus_reply_kind kind = kind_of(a);
    struct str          bytes = buf_view(&a->bytes);
    struct bus_reply    reply = {.id = a->id,
                                 .kind = kind,
                                 .body = kind == BUS_REPLY_ERROR ? (struct str){0} : bytes,
                                 .err = a->err,
                                 .retryable = a->retryable,
                                 .retry_after_ms = a->retry_after_ms,
                                 .detail = kind == BUS_REPLY_ERROR ? bytes : (struct str){0}};
    struct caller      *caller = kind == BUS_REPLY_CHUNK ? id_table_find(&b->callers, a->id)
                                                         : id_table_take(&b->callers, a->id);
    if (!caller)
        return; /* cancelled meanwhile */
    struct caller copy = *caller;
    if (kind != BUS_REPLY_CHUNK) {
        measure(caller, kind);
        free(caller);
    }
    copy.on_reply(copy.ctx, &reply);
}

static void pump(void *ctx)
{
    struct bus   *b = ctx;
    struct action a;

    while (gateway_core_next(b->core, &a)) {
        if (a.kind != ACTION_SEND) {
            deliver(b, &a);
        } else if (send_to(b, a.to, &a.bytes)) {
            metric_add(METRIC_BUS_FRAMES_OUT, 1);
        } else {
            metric_add(METRIC_BUS_SEND_FULL, 1);
            gateway_core_send_failed(b->core, clock_ms(), a.to);
        }
        outbox_fini_action(&a);
    }
}

static void defer_pump(struct bus *b)
{
    deferred_call_start(&b->pump, b->loop, pump, b);
}

/* ---- called by the loop ---- */

static void handle_frame(struct bus *b, zmq_msg_t *id, zmq_msg_t *body)
{
    struct sender from = {.key = str_of(zmq_msg_gets(body, "User-Id"))};

    if (!route_of(id, &from.route))
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
    else if (!allow_find(&b->allow, from.key, &from.service))
        metric_add(METRIC_BUS_AUTH_REJECTED, 1); /* its key was revoked */
    else
        gateway_core_frame(b->core, clock_ms(), &from,
                           (struct str){zmq_msg_data(body), zmq_msg_size(body)});
}

/* False: there is no message. */
static bool receive_message(struct bus *b)
{
    zmq_msg_t id, body;

    if (!sockets_receive(b->router, &id))
        return false;
    if (zmq_msg_more(&id) && sockets_receive(b->router, &body)) {
        if (zmq_msg_more(&body)) {
            metric_add(METRIC_BUS_BAD_FRAMES, 1);
            sockets_skip_rest(b->router, &body);
        } else {
            handle_frame(b, &id, &body);
        }
        zmq_msg_close(&body);
    }
    zmq_msg_close(&id);
    return true;
}

static void on_router(void *ctx, zsock_t *socket)
{
    struct bus *b = ctx;

    (void)socket;
    for (unsigned i = 0; i < SOCKET_BATCH && receive_message(b); i++)
        ;
    pump(b);
}

static void on_zap(void *ctx, zsock_t *socket)
{
    struct bus *b = ctx;

    (void)socket;
    zap_serve(b->zap);
}

static void on_tick(void *ctx)
{
    struct bus *b = ctx;

    timer_start(&b->tick, b->loop, GATEWAY_TICK_MS, on_tick, b);
    gateway_core_tick(b->core, clock_ms());
    pump(b);
}

/* ---- opening ---- */

static const struct socket_option router_options[] = {
    {ZMQ_ROUTER_MANDATORY, 1},
    {ZMQ_ROUTER_HANDOVER, 0},
    {ZMQ_CURVE_SERVER, 1},
    {ENFORCE_DOMAIN, 1},
};

static enum err open_failed(const char *what, const char *why)
{
    log_error(0, "bus.open_failed", "what=%s why=%s", log_quote(str_of(what)),
              log_quote(str_of(why)));
    return ERR_DOWN;
}

static enum err open_router(struct bus *b, const struct bus_options *o)
{
    char   public_key[KEY_LEN + 1], endpoint[256];
    size_t size = sizeof endpoint;

    b->router = zsock_new(ZMQ_ROUTER);
    must(b->router);
    if (zmq_curve_public(public_key, o->secret_key))
        return open_failed("secret key", "not a CURVE key in Z85");
    if (!sockets_set_limits(b->router) ||
        !sockets_set(b->router, router_options, COUNT_OF(router_options)) ||
        !sockets_set_text(b->router, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN) ||
        !sockets_set_text(b->router, ZMQ_CURVE_SECRETKEY, o->secret_key))
        return open_failed("socket options", zmq_strerror(errno));
    if (zmq_bind(zsock_resolve(b->router), o->bind) ||
        zmq_getsockopt(zsock_resolve(b->router), ZMQ_LAST_ENDPOINT, endpoint, &size))
        return open_failed(o->bind, zmq_strerror(errno));
    return self_test(b->zap, endpoint, public_key);
}

enum err bus_open(struct bus **out, struct loop *l, const struct bus_options *o)
{
    struct bus                 *b = mem_new(sizeof *b);
    struct gateway_core_options core = {.epoch = random_u64() | 1,
                                        .seed = random_u64(),
                                        .heartbeat_ms = o->heartbeat_ms,
                                        .queue_max = o->queue_max};
    enum err                    err;

    b->loop = l;
    b->allow_file = str_dup(str_of(o->allow_file));
    b->core = gateway_core_new(&core, clock_ms());
    err = allow_read(&b->allow, b->allow_file);
    if (err)
        goto fail;
    b->zap = zap_open(&b->allow);
    if (!b->zap) {
        err = open_failed("ZAP handler", "another one is bound in this process");
        goto fail;
    }
    err = open_router(b, o);
    if (err)
        goto fail;
    loop_socket(l, zap_socket(b->zap), on_zap, b);
    loop_socket(l, b->router, on_router, b);
    timer_start(&b->tick, l, GATEWAY_TICK_MS, on_tick, b);
    *out = b;
    return ERR_OK;

fail:
    bus_close(&b);
    return ERR_DOWN;
}

void bus_close(struct bus **bus)
{
    struct bus    *b = *bus;
    struct caller *caller;

    if (!b)
        return;
    timer_stop(&b->tick);
    deferred_call_stop(&b->pump);
    if (b->router)
        loop_socket_end(b->loop, b->router);
    if (b->zap)
        loop_socket_end(b->loop, zap_socket(b->zap));
    zsock_destroy(&b->router);
    zap_close(&b->zap);
    gateway_core_free(&b->core);
    while ((caller = id_table_take_any(&b->callers)))
        free(caller);
    id_table_fini(&b->callers);
    free(b->allow_file);
    free(b);
    *bus = NULL;
}

void bus_reload(struct bus *b)
{
    if (allow_read(&b->allow, b->allow_file))
        return; /* unchanged; the reason was logged */
    log_info(0, "bus.allow_read", "keys=%u", b->allow.count);
    gateway_core_allow(b->core, clock_ms(), &b->allow);
    defer_pump(b);
}

/* ---- commands of the gateway ---- */

enum err bus_send(struct bus *b, const struct bus_request *request, uint64_t *id)
{
    enum err err = gateway_core_send(b->core, clock_ms(), request->service, request->body,
                                     request->ttl_ms, request->trace, id);

    if (err)
        return err;
    struct caller *caller = mem_new(sizeof *caller);
    *caller = (struct caller){.on_reply = request->on_reply,
                              .ctx = request->ctx,
                              .number = msg_number(request->body),
                              .since_us = clock_us()};
    id_table_add(&b->callers, *id, caller);
    defer_pump(b);
    return ERR_OK;
}

enum err bus_would_accept(const struct bus *b, enum service s, uint64_t ttl_ms)
{
    return gateway_core_would_accept(b->core, clock_ms(), s, ttl_ms);
}

void bus_cancel(struct bus *b, uint64_t id)
{
    free(id_table_take(&b->callers, id));
    gateway_core_cancel(b->core, clock_ms(), id);
    defer_pump(b);
}

void bus_cancel_turn(struct bus *b, struct str turn_id)
{
    gateway_core_cancel_turn(b->core, clock_ms(), turn_id);
    defer_pump(b);
}

void bus_credit(struct bus *b, uint64_t id, uint64_t bytes)
{
    gateway_core_credit(b->core, clock_ms(), id, bytes);
    defer_pump(b);
}

unsigned bus_queue_position(const struct bus *b, uint64_t id)
{
    return gateway_core_queue_position(b->core, clock_ms(), id);
}

uint64_t bus_retry_in_ms(const struct bus *b, uint64_t id)
{
    return gateway_core_retry_in_ms(b->core, clock_ms(), id);
}

unsigned bus_instances(const struct bus *b, enum service s)
{
    return gateway_core_instances(b->core, clock_ms(), s);
}

void bus_update_metrics(const struct bus *b)
{
    gateway_core_update_metrics(b->core, clock_ms());
}

bool bus_is_idle(const struct bus *b)
{
    return gateway_core_open_requests(b->core) == 0;
}
