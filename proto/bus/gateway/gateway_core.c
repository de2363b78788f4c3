/* The public entries and the tick of a gateway.
 *
 * The life of a request:
 *
 *                  capacity is free             ACCEPT              CHUNK*, FINAL
 *   send ──► queued ───────────────► attempt ───────────► accepted ───────────────► ended
 *              ▲                        │ BUSY               │
 *              ├────────────────────────┘                    │ retryable ERROR, backend lost,
 *              │                                             │ no ACCEPT in time
 *              └─────────── backing off (retry_after) ◄──────┘
 *
 *   and from every state: deadline, too many failures, no retry budget ──► ended
 *
 * Invariants, whatever the network does:
 *  1. An open request is queued, or backs off, or has exactly one attempt.
 *  2. It ends once: its end is put into the outbox when it leaves the table.
 *  3. The caller gets chunks in order and from one attempt only: after the first
 *     chunk there is no other attempt.
 *  4. An offer is used for at most one REQUEST; it ends with its connection.
 *  5. A connection never has more attempts than its window, cancelled ones included.
 *  6. CANCEL is repeated until the end of the attempt arrives.
 *  7. A connection that was silent for DEAD_BEATS heartbeats, or that a frame
 *     cannot be sent to, ends, and its attempts and offers with it.
 *  8. Frames of another epoch, and replies to unknown attempts, change nothing. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"

struct gateway_core *gateway_core_new(const struct gateway_core_options *o, uint64_t now)
{
    struct gateway_core *g = mem_new(sizeof *g);

    must(o->epoch && o->heartbeat_ms);
    g->options = *o;
    g->last_tick = now;
    g->prng.state = o->seed;
    /* A restarted gateway still receives old replies, so ids start at a random
     * point; the top byte is left to the attempt (attempt_key). */
    g->last_id = prng_next(&g->prng) >> 16;
    TAILQ_INIT(&g->requests);
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        struct service_pool *pool = &g->pools[s];
        TAILQ_INIT(&pool->connections);
        TAILQ_INIT(&pool->offers);
        queue_init(&pool->queue, o->queue_max, services_info(s)->sharing == SHARING_WINDOW, now);
        retry_budget_init(&pool->budget, now);
        pool->last_live = now;
    }
    return g;
}

/* A connection ends in two steps: its attempts are taken off and their requests
 * move on, then it is freed. */
static void disconnect(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                       const char *why)
{
    gateway_request_disconnect(g, now, c);
    gateway_connection_end(g, now, c, why);
}

void gateway_core_free(struct gateway_core **gateway)
{
    struct gateway_core       *g = *gateway;
    struct gateway_connection *c;
    struct gateway_request    *r;

    if (!g)
        return;
    while ((r = TAILQ_FIRST(&g->requests)))
        gateway_request_cancel(g, g->last_tick, r);
    for (enum service s = 0; s < SERVICE_COUNT; s++)
        while ((c = TAILQ_FIRST(&g->pools[s].connections)))
            disconnect(g, g->last_tick, c, "closing");
    id_table_fini(&g->by_route);
    id_table_fini(&g->by_id);
    id_table_fini(&g->attempts);
    outbox_fini(&g->out);
    free(g);
    *gateway = NULL;
}

bool gateway_core_next(struct gateway_core *g, struct action *out)
{
    return outbox_take(&g->out, out);
}

/* ---- frames ---- */

static void on_ready(struct gateway_core *g, uint64_t now, const struct sender *from,
                     struct str body)
{
    struct ready ready;

    if (!gateway_connection_admit(g, from, body, &ready))
        return;
    struct gateway_connection *former =
        gateway_connection_find_instance(g, from->service, ready.instance);
    if (former && former->route != from->route) {
        if (former->boot > ready.boot)
            return;
        disconnect(g, now, former, "the same instance connected again");
    }
    struct gateway_connection *c = gateway_connection_open(g, now, from, &ready);
    gateway_request_recall(g, now, c);
    if (c->slots && g->pools[c->service].queue.count)
        gateway_send_demand(g, now, c);
}

static void on_reply(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                     const struct frame *f)
{
    struct gateway_attempt *t = gateway_attempt_find(g, f->id, f->attempt);

    if (t && t->connection == c)
        gateway_request_apply(g, now, gateway_attempt_frame(g, now, t, f));
    else
        metric_add(METRIC_BUS_LATE, 1);
}

static void on_frame(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                     const struct frame *f)
{
    switch (f->type) {
    case FRAME_PING:
        gateway_connection_ping(g, now, c, f->body);
        break;
    case FRAME_OFFER:
        gateway_connection_offer(g, c, f->body);
        break;
    case FRAME_REVOKE:
        gateway_connection_revoke(g, now, c, f->body);
        break;
    case FRAME_ACCEPT:
    case FRAME_CHUNK:
    case FRAME_FINAL:
    case FRAME_ERROR:
    case FRAME_BUSY:
    case FRAME_CANCELLED:
        on_reply(g, now, c, f);
        break;
    case FRAME_DRAIN:
        gateway_connection_drain(g, c);
        break;
    case FRAME_BYE:
        disconnect(g, now, c, "bye");
        break;
    default: /* of a newer backend, or one that only gateways send */
        break;
    }
}

static void on_unknown(struct gateway_core *g, const struct sender *from, const struct frame *f)
{
    if (f->epoch && f->epoch != g->options.epoch)
        metric_add(METRIC_BUS_OLD_EPOCH, 1);
    if (f->type != FRAME_BYE)
        gateway_send_who(g, from->route);
}

void gateway_core_frame(struct gateway_core *g, uint64_t now, const struct sender *from,
                        struct str bytes)
{
    struct frame f;

    gateway_core_tick(g, now);
    struct gateway_connection *c = gateway_connection_find(g, from->route);
    must(!c || c->service == from->service); /* gateway_core_allow ended the others */
    if (!bytes.len) {
        gateway_send_who(g, from->route);
        return;
    }
    if (frame_decode(&f, bytes) || f.version != PROTOCOL_VERSION) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    metric_add(METRIC_BUS_FRAMES_IN, 1);
    if (f.type == FRAME_READY) {
        on_ready(g, now, from, f.body);
    } else if (!c || f.epoch != g->options.epoch) {
        on_unknown(g, from, &f);
    } else {
        c->last_received = now;
        c->suspect = false;
        on_frame(g, now, c, &f);
    }
    gateway_match(g, now);
}

void gateway_core_send_failed(struct gateway_core *g, uint64_t now, uint64_t route)
{
    struct gateway_connection *c = gateway_connection_find(g, route);

    if (c)
        disconnect(g, now, c, "cannot be sent to");
    gateway_match(g, now);
}

static bool is_allowed(const struct allow *allow, const struct gateway_connection *c)
{
    enum service service;
    return allow_find(allow, str_of(c->key), &service) && service == c->service;
}

void gateway_core_allow(struct gateway_core *g, uint64_t now, const struct allow *allow)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        struct gateway_connection *next;
        for (struct gateway_connection *c = TAILQ_FIRST(&g->pools[s].connections); c; c = next) {
            next = TAILQ_NEXT(c, in_pool);
            if (!is_allowed(allow, c))
                disconnect(g, now, c, "its key was revoked");
        }
    }
    gateway_match(g, now);
}

/* ---- the tick ---- */

/* After this process did not run for a while, what arrived meanwhile is read
 * before anything is judged late, silent or unavailable. */
static bool has_stalled(struct gateway_core *g, uint64_t now)
{
    g->stalled = !g->stalled && now - g->last_tick > STALL_MS;
    for (unsigned s = 0; s < SERVICE_COUNT && g->stalled; s++)
        g->pools[s].last_live = now;
    return g->stalled;
}

static void tick_connections(struct gateway_core *g, uint64_t now, struct service_pool *pool)
{
    struct gateway_connection *next;

    for (struct gateway_connection *c = TAILQ_FIRST(&pool->connections); c; c = next) {
        next = TAILQ_NEXT(c, in_pool);
        if (gateway_connection_is_dead(g, c, now)) {
            disconnect(g, now, c, "silent");
        } else {
            gateway_attempt_repeat_cancels(g, now, c);
            gateway_connection_probe(g, now, c);
        }
    }
}

static void tick_requests(struct gateway_core *g, uint64_t now)
{
    struct gateway_request *next;

    for (struct gateway_request *r = TAILQ_FIRST(&g->requests); r; r = next) {
        next = TAILQ_NEXT(r, in_all);
        gateway_request_tick(g, now, r);
    }
}

void gateway_core_tick(struct gateway_core *g, uint64_t now)
{
    if (now - g->last_tick < GATEWAY_TICK_MS)
        return;
    bool stalled = has_stalled(g, now);
    g->last_tick = now;
    if (stalled)
        return;
    for (unsigned s = 0; s < SERVICE_COUNT; s++)
        tick_connections(g, now, &g->pools[s]);
    tick_requests(g, now);
    gateway_match_tick(g, now);
}

/* ---- commands ---- */

enum err gateway_core_would_accept(const struct gateway_core *g, uint64_t now, enum service s,
                                   uint64_t ttl_ms)
{
    if (gateway_request_is_unavailable(g, now, s))
        return services_info(s)->down;
    return queue_has_room(&g->pools[s].queue, now, ttl_ms) ? ERR_OK : ERR_OVERLOADED;
}

enum err gateway_core_send(struct gateway_core *g, uint64_t now, enum service s, struct str body,
                           uint64_t ttl_ms, struct str trace, uint64_t *id)
{
    struct service_pool *pool = &g->pools[s];

    must(ttl_ms && body.len <= BODY_MAX && trace.len <= TRACE_MAX);
    gateway_core_tick(g, now);
    enum err err = gateway_core_would_accept(g, now, s, ttl_ms);
    if (err) {
        metric_add_for(METRIC_BUS_REFUSED, services_name(s), NULL, 1);
        return err;
    }
    struct gateway_request *r = gateway_request_new(g, now, s, body, ttl_ms, trace);
    *id = r->id;
    retry_budget_earn(&pool->budget);
    queue_add(&pool->queue, &r->entry, now);
    gateway_match(g, now);
    return ERR_OK;
}

void gateway_core_cancel(struct gateway_core *g, uint64_t now, uint64_t id)
{
    struct gateway_request *r = gateway_request_find(g, id);

    if (r)
        gateway_request_cancel(g, now, r);
}

void gateway_core_cancel_turn(struct gateway_core *g, uint64_t now, struct str turn_id)
{
    struct gateway_connection *c;

    TAILQ_FOREACH (c, &g->pools[SERVICE_LLM_WORKER].connections, in_pool)
        gateway_send_cancel_turn(g, now, c, turn_id);
}

void gateway_core_credit(struct gateway_core *g, uint64_t now, uint64_t id, uint64_t bytes)
{
    struct gateway_request *r = gateway_request_find(g, id);

    if (r)
        gateway_request_credit(g, now, r, bytes);
}

/* ---- state ---- */

unsigned gateway_core_queue_position(const struct gateway_core *g, uint64_t now, uint64_t id)
{
    const struct gateway_request *r = gateway_request_find(g, id);
    return r && r->entry.is_queued ? queue_position(&g->pools[r->service].queue, &r->entry, now)
                                   : 0;
}

uint64_t gateway_core_retry_in_ms(const struct gateway_core *g, uint64_t now, uint64_t id)
{
    const struct gateway_request *r = gateway_request_find(g, id);
    return r && r->retry_at > now ? r->retry_at - now : 0;
}

unsigned gateway_core_instances(const struct gateway_core *g, uint64_t now, enum service s)
{
    return gateway_connection_count_live(g, now, s);
}

unsigned gateway_core_open_requests(const struct gateway_core *g)
{
    return g->request_count;
}

void gateway_core_update_metrics(const struct gateway_core *g, uint64_t now)
{
    gateway_metrics_update(g, now);
}
