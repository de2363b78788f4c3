/* The backends that dialled in, from READY to their death, and the offers they made. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"
#include "wire/messages.h"

/* ---- speaking ---- */

static void send_frame(struct gateway_core *g, uint64_t route, struct frame f)
{
    f.version = PROTOCOL_VERSION;
    f.epoch = g->options.epoch;
    outbox_send(&g->out, route, &f);
}

void conn_send(struct gateway_core *g, uint64_t now, struct conn *c, struct frame f)
{
    send_frame(g, c->route, f);
    c->told = now;
}

void send_who(struct gateway_core *g, uint64_t route)
{
    struct buf body = {0};

    who_encode(&(struct who){0}, &body);
    send_frame(g, route, (struct frame){.type = FRAME_WHO, .body = buf_view(&body)});
    buf_fini(&body);
}

static void send_welcome(struct gateway_core *g, uint64_t now, struct conn *c)
{
    struct welcome welcome = {.heartbeat_ms = g->options.heartbeat_ms,
                              .protocol = PROTOCOL_VERSION};
    struct buf     body = {0};

    welcome_encode(&welcome, &body);
    conn_send(g, now, c, (struct frame){.type = FRAME_WELCOME, .body = buf_view(&body)});
    buf_fini(&body);
}

void conn_pong(struct gateway_core *g, uint64_t now, struct conn *c)
{
    const struct queue *q = &g->desks[c->service].queue;
    struct pong         pong = {.queued = q->count, .oldest_ms = queue_oldest_ms(q, now)};
    struct buf          body = {0};

    pong_encode(&pong, &body);
    conn_send(g, now, c, (struct frame){.type = FRAME_PONG, .body = buf_view(&body)});
    buf_fini(&body);
}

void conn_demand(struct gateway_core *g, uint64_t now, struct conn *c)
{
    const struct queue *q = &g->desks[c->service].queue;
    struct demand       demand = {.queued = q->count, .oldest_ms = queue_oldest_ms(q, now)};
    struct buf          body = {0};

    demand_encode(&demand, &body);
    conn_send(g, now, c, (struct frame){.type = FRAME_DEMAND, .body = buf_view(&body)});
    buf_fini(&body);
}

/* ---- the log ---- */

/* A house that starts anew has much to say.  A backend out of order that comes and
 * goes for ever must not fill the log. */
static bool is_worth_a_line(struct gateway_core *g, uint64_t now)
{
    if (g->lines_until < now)
        g->lines_until = now;
    if (g->lines_until >= now + (uint64_t)LINK_LINES * LINK_LINE_MS) {
        g->lines_left_out++;
        return false;
    }
    g->lines_until += LINK_LINE_MS;
    if (g->lines_left_out)
        log_warn(0, "bus.link_lines_left_out", "count=%u", g->lines_left_out);
    g->lines_left_out = 0;
    return true;
}

static void log_up(struct gateway_core *g, uint64_t now, const struct conn *c)
{
    if (is_worth_a_line(g, now))
        log_info(0, "bus.link_up", "peer=%s instance=%s", service_name(c->service), c->instance);
}

static void log_down(struct gateway_core *g, uint64_t now, const struct conn *c, const char *why)
{
    if (is_worth_a_line(g, now))
        log_info(0, "bus.link_down", "peer=%s instance=%s why=%s", service_name(c->service),
                 c->instance, log_quote(str_of(why)));
}

/* ---- coming and going ---- */

struct conn *conn_find(const struct gateway_core *g, uint64_t route)
{
    return id_table_find(&g->by_route, route);
}

bool conn_is_live(const struct gateway_core *g, const struct conn *c, uint64_t now)
{
    return !c->draining && !c->doubted && now - c->heard < SUSPECT_BEATS * g->options.heartbeat_ms;
}

static struct conn *find_instance(struct desk *d, struct str instance)
{
    struct conn *c;

    TAILQ_FOREACH (c, &d->conns, in_desk)
        if (str_is(instance, c->instance))
            return c;
    return NULL;
}

static void drop_loans(struct gateway_core *g, struct conn *c)
{
    while (!TAILQ_EMPTY(&c->loans))
        loan_end(g, TAILQ_FIRST(&c->loans));
}

void conn_end(struct gateway_core *g, uint64_t now, struct conn *c, const char *why)
{
    struct desk *d = &g->desks[c->service];

    log_down(g, now, c, why);
    TAILQ_REMOVE(&d->conns, c, in_desk);
    id_table_take(&g->by_route, c->route);
    g->conn_count--;
    drop_loans(g, c);
    attempts_lost(g, now, c);
    free(c);
}

static struct conn *conn_new(struct gateway_core *g, const struct sender *from)
{
    struct conn *c = mem_new(sizeof *c);

    c->route = from->route;
    c->service = from->service;
    str_format(c->key, sizeof c->key, "%.*s", (int)from->key.len, from->key.p);
    TAILQ_INIT(&c->attempts);
    TAILQ_INIT(&c->loans);
    TAILQ_INSERT_TAIL(&g->desks[c->service].conns, c, in_desk);
    id_table_add(&g->by_route, c->route, c);
    g->conn_count++;
    return c;
}

/* It goes into log lines as it is. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum((unsigned char)s.p[i]) && !memchr("-_.", s.p[i], 3))
            return false;
    return s.len > 0;
}

/* Why this READY cannot be taken, or NULL. */
static const char *fault_of(const struct gateway_core *g, const struct sender *from,
                            const struct ready *r)
{
    bool offers = service_info(from->service)->sharing == SHARING_OFFERS;

    if (!str_is(r->service, service_name(from->service)))
        return "its key is for another service";
    if (!is_plain(r->instance))
        return "its instance id is not made of letters, digits, - _ .";
    if (r->protocol_min > PROTOCOL_VERSION || r->protocol_max < PROTOCOL_VERSION)
        return "no protocol version in common";
    if (offers ? !r->slots || r->window : !r->window || r->slots)
        return "wants slots where a window is, or the other way round";
    if (g->conn_count >= CONNS_MAX && !conn_find(g, from->route))
        return "too many connections";
    return NULL;
}

static void refuse(struct gateway_core *g, const struct sender *from, const char *why)
{
    metric_add(METRIC_BUS_AUTH_REJECTED, 1);
    /* It asks again with every heartbeat; one line in ten seconds says it. */
    if (g->refused_at && g->ticked - g->refused_at < 10000)
        return;
    g->refused_at = g->ticked;
    log_warn(0, "bus.ready_refused", "peer=%s why=%s", service_name(from->service),
             log_quote(str_of(why)));
}

static unsigned least(uint64_t a, unsigned b)
{
    return a < b ? (unsigned)a : b;
}

/* A READY begins a connection afresh, also one we knew: the backend says it
 * when it has let go of everything itself. */
void conn_ready(struct gateway_core *g, uint64_t now, const struct sender *from, struct str body)
{
    struct desk *d = &g->desks[from->service];
    struct ready r;

    if (ready_decode(&r, body)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    const char *fault = fault_of(g, from, &r);
    if (fault) {
        refuse(g, from, fault);
        return;
    }
    struct conn *c = conn_find(g, from->route), *other = find_instance(d, r.instance);
    if (other && other != c) {
        if (other->boot > r.boot)
            return;
        conn_end(g, now, other, "the same instance dialled again");
    }
    if (!c)
        c = conn_new(g, from);
    str_format(c->instance, sizeof c->instance, "%.*s", (int)r.instance.len, r.instance.p);
    c->boot = r.boot;
    c->window = least(r.window, WINDOW_MAX);
    c->slots = least(r.slots, SLOTS_MAX);
    c->heard = d->there_at = now;
    c->doubted = c->draining = false;
    c->full_until = c->last_offer = 0;
    log_up(g, now, c);
    drop_loans(g, c);
    send_welcome(g, now, c);
    attempts_recall(g, now, c);
    if (c->slots && d->queue.count)
        conn_demand(g, now, c);
}

void conn_ping(struct gateway_core *g, uint64_t now, struct conn *c, struct str body)
{
    struct ping ping;

    if (ping_decode(&ping, body)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    uint64_t elsewhere = ping.in_flight > c->attempt_count ? ping.in_flight - c->attempt_count : 0;
    c->load_elsewhere = least(elsewhere, WINDOW_MAX);
    conn_pong(g, now, c);
}

void conn_drain(struct gateway_core *g, struct conn *c)
{
    c->draining = true;
    drop_loans(g, c);
}

/* Who works for us is written to often, and so is who is overdue: if a peer
 * cannot be written to, it is gone, and we know within BUSY_BEAT_MS. */
static bool is_to_be_probed(const struct gateway_core *g, const struct conn *c, uint64_t now)
{
    bool overdue = now - c->heard > g->options.heartbeat_ms + BUSY_BEAT_MS;
    return (c->attempt_count || overdue) && now - c->told >= BUSY_BEAT_MS;
}

static void conn_tick(struct gateway_core *g, uint64_t now, struct conn *c)
{
    attempts_tick(g, now, c);
    if (is_to_be_probed(g, c, now))
        conn_pong(g, now, c);
}

void conns_tick(struct gateway_core *g, uint64_t now)
{
    for (unsigned s = 0; s < SERVICE_COUNT; s++) {
        struct conn *next;
        for (struct conn *c = TAILQ_FIRST(&g->desks[s].conns); c; c = next) {
            next = TAILQ_NEXT(c, in_desk);
            if (now - c->heard > DEAD_BEATS * g->options.heartbeat_ms)
                conn_end(g, now, c, "silent");
            else
                conn_tick(g, now, c);
        }
    }
}

/* ---- offers ---- */

static struct loan *find_loan(struct conn *c, uint64_t id)
{
    struct loan *l;

    TAILQ_FOREACH (l, &c->loans, in_conn)
        if (l->id == id)
            return l;
    return NULL;
}

void loan_end(struct gateway_core *g, struct loan *l)
{
    TAILQ_REMOVE(&l->conn->loans, l, in_conn);
    TAILQ_REMOVE(&g->desks[l->conn->service].loans, l, in_desk);
    l->conn->loan_count--;
    free(l);
}

void loan_take_in(struct gateway_core *g, struct conn *c, struct str body)
{
    struct offer said;

    if (offer_decode(&said, body) || c->loan_count >= c->slots) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    if (c->draining || said.offer <= c->last_offer)
        return;
    c->last_offer = said.offer;
    struct loan *l = mem_new(sizeof *l);
    *l = (struct loan){.id = said.offer, .conn = c};
    TAILQ_INSERT_TAIL(&c->loans, l, in_conn);
    TAILQ_INSERT_TAIL(&g->desks[c->service].loans, l, in_desk);
    c->loan_count++;
}

/* An offer we do not have was used by a REQUEST that is on its way: that wins,
 * and there is nothing to say. */
void loan_give_back(struct gateway_core *g, uint64_t now, struct conn *c, struct str body)
{
    struct revoke revoke;
    struct buf    release = {0};

    if (revoke_decode(&revoke, body)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    struct loan *l = find_loan(c, revoke.offer);
    if (!l)
        return;
    loan_end(g, l);
    release_encode(&(struct release){.offer = revoke.offer}, &release);
    conn_send(g, now, c, (struct frame){.type = FRAME_RELEASE, .body = buf_view(&release)});
    buf_fini(&release);
}
