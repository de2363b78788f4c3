/* Encodes frames and puts them into the outbox. */
#include "bus/gateway/gateway_internal.h"

static void send_to(struct gateway_core *g, uint64_t route, struct frame f)
{
    f.version = PROTOCOL_VERSION;
    f.epoch = g->options.epoch;
    outbox_send(&g->out, route, &f);
}

static void send_frame(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                       struct frame f)
{
    send_to(g, c->route, f);
    c->last_sent = now;
}

/* A frame of one message; takes the body. */
static void send_body(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                      struct frame f, struct buf *body)
{
    f.body = buf_view(body);
    send_frame(g, now, c, f);
    buf_fini(body);
}

void gateway_send_who(struct gateway_core *g, uint64_t route)
{
    struct buf body = {0};

    who_encode(&(struct who){0}, &body);
    send_to(g, route, (struct frame){.type = FRAME_WHO, .body = buf_view(&body)});
    buf_fini(&body);
}

void gateway_send_welcome(struct gateway_core *g, uint64_t now, struct gateway_connection *c)
{
    struct welcome welcome = {.heartbeat_ms = g->options.heartbeat_ms,
                              .protocol = PROTOCOL_VERSION};
    struct buf     body = {0};

    welcome_encode(&welcome, &body);
    send_body(g, now, c, (struct frame){.type = FRAME_WELCOME}, &body);
}

void gateway_send_pong(struct gateway_core *g, uint64_t now, struct gateway_connection *c)
{
    const struct queue *q = &g->pools[c->service].queue;
    struct pong         pong = {.queued = q->count, .oldest_ms = queue_oldest_ms(q, now)};
    struct buf          body = {0};

    pong_encode(&pong, &body);
    send_body(g, now, c, (struct frame){.type = FRAME_PONG}, &body);
}

void gateway_send_demand(struct gateway_core *g, uint64_t now, struct gateway_connection *c)
{
    const struct queue *q = &g->pools[c->service].queue;
    struct demand       demand = {.queued = q->count, .oldest_ms = queue_oldest_ms(q, now)};
    struct buf          body = {0};

    demand_encode(&demand, &body);
    send_body(g, now, c, (struct frame){.type = FRAME_DEMAND}, &body);
}

void gateway_send_release(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                          uint64_t offer)
{
    struct buf body = {0};

    release_encode(&(struct release){.offer = offer}, &body);
    send_body(g, now, c, (struct frame){.type = FRAME_RELEASE}, &body);
}

void gateway_send_request(struct gateway_core *g, uint64_t now, const struct gateway_attempt *t,
                          uint64_t offer)
{
    const struct gateway_request *r = t->request;

    send_frame(g, now, t->connection,
               (struct frame){.type = FRAME_REQUEST,
                              .id = t->id,
                              .attempt = t->number,
                              .sequence = offer,
                              .ttl_ms = r->deadline - now,
                              .trace = str_of(r->trace),
                              .body = buf_view(&r->body)});
}

void gateway_send_credit(struct gateway_core *g, uint64_t now, const struct gateway_attempt *t)
{
    const struct gateway_request *r = t->request;
    struct buf                    body = {0};

    credit_encode(&(struct credit){.bytes = r->consumed, .last = r->chunks}, &body);
    send_body(g, now, t->connection,
              (struct frame){.type = FRAME_CREDIT, .id = t->id, .attempt = t->number}, &body);
}

void gateway_send_cancel(struct gateway_core *g, uint64_t now, const struct gateway_attempt *t)
{
    struct buf body = {0};

    cancel_encode(&(struct cancel){0}, &body);
    send_body(g, now, t->connection,
              (struct frame){.type = FRAME_CANCEL, .id = t->id, .attempt = t->number}, &body);
}

void gateway_send_cancel_turn(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                              struct str turn_id)
{
    struct buf body = {0};

    cancel_encode(&(struct cancel){.turn_id = turn_id}, &body);
    send_body(g, now, c, (struct frame){.type = FRAME_CANCEL}, &body);
}
