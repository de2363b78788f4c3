/* The connected backends, from READY to their end, and the offers they made. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"

#define REFUSAL_LOG_INTERVAL_MS 10000

/* ---- the log ---- */

/* Start-up logs many connections; after that a backend that keeps reconnecting
 * must not fill the log. */
static bool may_log_link(struct gateway_core *g, uint64_t now)
{
    if (g->link_log_until < now)
        g->link_log_until = now;
    if (g->link_log_until >= now + (uint64_t)LINK_LOG_BURST * LINK_LOG_INTERVAL_MS) {
        g->link_log_suppressed++;
        return false;
    }
    g->link_log_until += LINK_LOG_INTERVAL_MS;
    if (g->link_log_suppressed)
        log_warn(0, "bus.link_log_suppressed", "count=%u", g->link_log_suppressed);
    g->link_log_suppressed = 0;
    return true;
}

static void log_up(struct gateway_core *g, uint64_t now, const struct gateway_connection *c)
{
    if (may_log_link(g, now))
        log_info(0, "bus.link_up", "peer=%s instance=%s", services_name(c->service), c->instance);
}

static void log_down(struct gateway_core *g, uint64_t now, const struct gateway_connection *c,
                     const char *why)
{
    if (may_log_link(g, now))
        log_info(0, "bus.link_down", "peer=%s instance=%s why=%s", services_name(c->service),
                 c->instance, log_quote(str_of(why)));
}

/* ---- looking up ---- */

struct gateway_connection *gateway_connection_find(const struct gateway_core *g, uint64_t route)
{
    return id_table_find(&g->by_route, route);
}

struct gateway_connection *gateway_connection_find_instance(struct gateway_core *g, enum service s,
                                                            struct str instance)
{
    struct gateway_connection *c;

    TAILQ_FOREACH (c, &g->pools[s].connections, in_pool)
        if (str_is(instance, c->instance))
            return c;
    return NULL;
}

bool gateway_connection_is_live(const struct gateway_core *g, const struct gateway_connection *c,
                                uint64_t now)
{
    return !c->draining && !c->suspect &&
           now - c->last_received < SUSPECT_BEATS * g->options.heartbeat_ms;
}

bool gateway_connection_is_dead(const struct gateway_core *g, const struct gateway_connection *c,
                                uint64_t now)
{
    return now - c->last_received > DEAD_BEATS * g->options.heartbeat_ms;
}

unsigned gateway_connection_count_live(const struct gateway_core *g, uint64_t now, enum service s)
{
    const struct gateway_connection *c;
    unsigned                         count = 0;

    TAILQ_FOREACH (c, &g->pools[s].connections, in_pool)
        count += gateway_connection_is_live(g, c, now);
    return count;
}

/* ---- READY ---- */

/* The instance id is logged without quotes. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum((unsigned char)s.p[i]) && !memchr("-_.", s.p[i], 3))
            return false;
    return s.len > 0;
}

/* Why this READY is refused, or NULL. */
static const char *fault_of(const struct gateway_core *g, const struct sender *from,
                            const struct ready *r)
{
    bool offers = services_info(from->service)->sharing == SHARING_OFFERS;

    if (!str_is(r->service, services_name(from->service)))
        return "the key belongs to another service";
    if (!is_plain(r->instance))
        return "invalid instance id: use letters, digits, - _ .";
    if (r->protocol_min > PROTOCOL_VERSION || r->protocol_max < PROTOCOL_VERSION)
        return "no common protocol version";
    if (offers ? !r->slots || r->window : !r->window || r->slots)
        return offers ? "this service must announce slots, not a window"
                      : "this service must announce a window, not slots";
    if (g->connection_count >= CONNECTIONS_MAX && !gateway_connection_find(g, from->route))
        return "too many connections";
    return NULL;
}

/* A refused backend tries again with every heartbeat. */
static void log_refusal(struct gateway_core *g, const struct sender *from, const char *why)
{
    if (g->refusal_logged_at && g->last_tick - g->refusal_logged_at < REFUSAL_LOG_INTERVAL_MS)
        return;
    g->refusal_logged_at = g->last_tick;
    log_warn(0, "bus.ready_refused", "peer=%s why=%s", services_name(from->service),
             log_quote(str_of(why)));
}

bool gateway_connection_admit(struct gateway_core *g, const struct sender *from, struct str body,
                              struct ready *out)
{
    if (ready_decode(out, body)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return false;
    }
    const char *fault = fault_of(g, from, out);
    if (fault) {
        metric_add(METRIC_BUS_AUTH_REJECTED, 1);
        log_refusal(g, from, fault);
    }
    return !fault;
}

static struct gateway_connection *connection_new(struct gateway_core *g, const struct sender *from)
{
    struct gateway_connection *c = mem_new(sizeof *c);

    c->route = from->route;
    c->service = from->service;
    str_copy(c->key, sizeof c->key, from->key);
    TAILQ_INIT(&c->attempts);
    TAILQ_INIT(&c->offers);
    TAILQ_INSERT_TAIL(&g->pools[c->service].connections, c, in_pool);
    id_table_add(&g->by_route, c->route, c);
    g->connection_count++;
    return c;
}

static void drop_offers(struct gateway_core *g, struct gateway_connection *c)
{
    while (!TAILQ_EMPTY(&c->offers))
        gateway_connection_end_offer(g, TAILQ_FIRST(&c->offers));
}

static unsigned least(uint64_t a, unsigned b)
{
    return a < b ? (unsigned)a : b;
}

/* The backend sends READY after it dropped everything of an earlier link. */
struct gateway_connection *gateway_connection_open(struct gateway_core *g, uint64_t now,
                                                   const struct sender *from, const struct ready *r)
{
    struct gateway_connection *c = gateway_connection_find(g, from->route);

    if (!c)
        c = connection_new(g, from);
    str_copy(c->instance, sizeof c->instance, r->instance);
    c->boot = r->boot;
    c->window = least(r->window, WINDOW_MAX);
    c->slots = least(r->slots, OFFERS_MAX);
    c->last_received = g->pools[c->service].last_live = now;
    c->suspect = c->draining = false;
    c->busy_until = c->last_offer = 0;
    log_up(g, now, c);
    drop_offers(g, c);
    gateway_send_welcome(g, now, c);
    return c;
}

/* ---- while it is connected ---- */

void gateway_connection_ping(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                             struct str body)
{
    struct ping ping;

    if (ping_decode(&ping, body)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    uint64_t elsewhere = ping.in_flight > c->attempt_count ? ping.in_flight - c->attempt_count : 0;
    c->load_elsewhere = least(elsewhere, WINDOW_MAX);
    gateway_send_pong(g, now, c);
}

void gateway_connection_drain(struct gateway_core *g, struct gateway_connection *c)
{
    c->draining = true;
    drop_offers(g, c);
}

/* A ROUTER reports only on a write that a peer is gone.  So a backend that works
 * for this gateway, or is overdue, is written to every BUSY_BEAT_MS. */
void gateway_connection_probe(struct gateway_core *g, uint64_t now, struct gateway_connection *c)
{
    bool overdue = now - c->last_received > g->options.heartbeat_ms + BUSY_BEAT_MS;

    if ((c->attempt_count || overdue) && now - c->last_sent >= BUSY_BEAT_MS)
        gateway_send_pong(g, now, c);
}

void gateway_connection_end(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                            const char *why)
{
    must(TAILQ_EMPTY(&c->attempts));
    log_down(g, now, c, why);
    drop_offers(g, c);
    TAILQ_REMOVE(&g->pools[c->service].connections, c, in_pool);
    id_table_take(&g->by_route, c->route);
    g->connection_count--;
    free(c);
}

/* ---- offers ---- */

static struct gateway_offer *find_offer(struct gateway_connection *c, uint64_t id)
{
    struct gateway_offer *o;

    TAILQ_FOREACH (o, &c->offers, in_connection)
        if (o->id == id)
            return o;
    return NULL;
}

void gateway_connection_end_offer(struct gateway_core *g, struct gateway_offer *o)
{
    TAILQ_REMOVE(&o->connection->offers, o, in_connection);
    TAILQ_REMOVE(&g->pools[o->connection->service].offers, o, in_pool);
    o->connection->offer_count--;
    free(o);
}

void gateway_connection_offer(struct gateway_core *g, struct gateway_connection *c, struct str body)
{
    struct offer received;

    if (offer_decode(&received, body) || c->offer_count >= c->slots) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    if (c->draining || received.offer <= c->last_offer)
        return;
    c->last_offer = received.offer;
    struct gateway_offer *o = mem_new(sizeof *o);
    *o = (struct gateway_offer){.id = received.offer, .connection = c};
    TAILQ_INSERT_TAIL(&c->offers, o, in_connection);
    TAILQ_INSERT_TAIL(&g->pools[c->service].offers, o, in_pool);
    c->offer_count++;
}

/* An unknown offer was used by a REQUEST that is on its way, which wins: no reply. */
void gateway_connection_revoke(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                               struct str body)
{
    struct revoke revoke;

    if (revoke_decode(&revoke, body)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    struct gateway_offer *o = find_offer(c, revoke.offer);
    if (!o)
        return;
    gateway_connection_end_offer(g, o);
    gateway_send_release(g, now, c, revoke.offer);
}
