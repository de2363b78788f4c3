/* Encodes frames and puts them into the outbox. */
#include "bus/backend/backend_internal.h"

/* A READY link knows the gateway's epoch from WHO, but only BYE uses it there:
 * the gateway may have taken this instance in already. */
static uint64_t epoch_of(const struct backend_link *l, uint64_t type)
{
    bool known = l->state == LINK_UP || (l->state == LINK_READY && type == FRAME_BYE);
    return known ? l->epoch : 0;
}

static void send_frame(struct backend_core *b, struct backend_link *l, struct frame f)
{
    f.version = PROTOCOL_VERSION;
    f.epoch = epoch_of(l, f.type);
    outbox_send(&b->out, l->id, &f);
}

/* A frame of one message; takes the body. */
static void send_body(struct backend_core *b, struct backend_link *l, struct frame f,
                      struct buf *body)
{
    f.body = buf_view(body);
    send_frame(b, l, f);
    buf_fini(body);
}

void backend_send_ready(struct backend_core *b, struct backend_link *l)
{
    struct ready ready = {.service = str_of(services_name(b->options.service)),
                          .instance = str_of(b->options.instance),
                          .boot = b->options.boot,
                          .protocol_min = PROTOCOL_VERSION,
                          .protocol_max = PROTOCOL_VERSION,
                          .window = b->options.window,
                          .slots = b->options.slots};
    struct buf   body = {0};

    ready_encode(&ready, &body);
    send_body(b, l, (struct frame){.type = FRAME_READY}, &body);
}

void backend_send_ping(struct backend_core *b, struct backend_link *l, uint64_t free)
{
    struct ping ping = {.in_flight = b->by_handle.count, .free = free};
    struct buf  body = {0};

    ping_encode(&ping, &body);
    send_body(b, l, (struct frame){.type = FRAME_PING}, &body);
}

void backend_send_offer(struct backend_core *b, struct backend_link *l, uint64_t offer)
{
    struct buf body = {0};

    offer_encode(&(struct offer){.offer = offer}, &body);
    send_body(b, l, (struct frame){.type = FRAME_OFFER}, &body);
}

void backend_send_revoke(struct backend_core *b, struct backend_link *l, uint64_t offer)
{
    struct buf body = {0};

    revoke_encode(&(struct revoke){.offer = offer}, &body);
    send_body(b, l, (struct frame){.type = FRAME_REVOKE}, &body);
}

void backend_send_drain(struct backend_core *b, struct backend_link *l)
{
    struct buf body = {0};

    drain_encode(&(struct drain){0}, &body);
    send_body(b, l, (struct frame){.type = FRAME_DRAIN}, &body);
}

void backend_send_bye(struct backend_core *b, struct backend_link *l)
{
    struct buf body = {0};

    bye_encode(&(struct bye){0}, &body);
    send_body(b, l, (struct frame){.type = FRAME_BYE}, &body);
}

void backend_send_accept(struct backend_core *b, struct backend_link *l, uint64_t id,
                         uint64_t attempt)
{
    struct buf body = {0};

    accept_encode(&(struct accept){0}, &body);
    send_body(b, l, (struct frame){.type = FRAME_ACCEPT, .id = id, .attempt = attempt}, &body);
}

void backend_send_busy(struct backend_core *b, struct backend_link *l, uint64_t id,
                       uint64_t attempt)
{
    struct buf body = {0};

    busy_encode(&(struct busy){0}, &body);
    send_body(b, l, (struct frame){.type = FRAME_BUSY, .id = id, .attempt = attempt}, &body);
}

void backend_send_cancelled(struct backend_core *b, struct backend_link *l, uint64_t id,
                            uint64_t attempt)
{
    struct buf body = {0};

    cancelled_encode(&(struct cancelled){0}, &body);
    send_body(b, l, (struct frame){.type = FRAME_CANCELLED, .id = id, .attempt = attempt}, &body);
}

void backend_send_reply(struct backend_core *b, const struct request_in_work *rq, uint64_t type,
                        struct str body)
{
    send_frame(b, rq->link,
               (struct frame){.type = type,
                              .id = rq->id,
                              .attempt = rq->attempt,
                              .sequence = rq->chunks,
                              .body = body});
}
