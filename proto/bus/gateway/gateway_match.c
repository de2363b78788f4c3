/* Brings waiting questions and free places together. */
#include <stddef.h>

#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"

/* ---- who can take it ---- */

static bool was_tried(const struct ask *a, const struct conn *c)
{
    for (unsigned i = 0; i < a->tries; i++)
        if (a->tried[i] == c->route)
            return true;
    return false;
}

static bool has_place(const struct gateway_core *g, const struct conn *c, uint64_t now)
{
    return c->attempt_count < c->window && now >= c->full_until && conn_is_live(g, c, now);
}

static uint64_t load(const struct conn *c)
{
    return c->attempt_count + c->load_elsewhere;
}

/* The better of two random ones: nearly as even as the best of all, but without
 * all gateways running to the same idle instance.  One where this question
 * failed before is taken only when there is no other. */
static struct conn *choose_conn(struct gateway_core *g, uint64_t now, const struct ask *a)
{
    struct conn *c, *fresh[CONNS_MAX], *again = NULL;
    unsigned     count = 0;

    TAILQ_FOREACH (c, &g->desks[a->service].conns, in_desk) {
        if (!has_place(g, c, now))
            continue;
        if (was_tried(a, c))
            again = c;
        else
            fresh[count++] = c;
    }
    if (!count)
        return again;
    struct conn *one = fresh[prng_below(&g->dice, count)];
    struct conn *two = fresh[prng_below(&g->dice, count)];
    return load(two) < load(one) ? two : one;
}

/* The oldest offer: it was made to be used, and workers take turns that way. */
static struct loan *choose_loan(struct gateway_core *g, uint64_t now, const struct ask *a)
{
    struct loan *l, *again = NULL;

    TAILQ_FOREACH (l, &g->desks[a->service].loans, in_desk) {
        if (!conn_is_live(g, l->conn, now))
            continue;
        if (!was_tried(a, l->conn))
            return l;
        if (!again)
            again = l;
    }
    return again;
}

static bool by_offer(const struct ask *a)
{
    return service_info(a->service)->sharing == SHARING_OFFERS;
}

bool match_has_another(struct gateway_core *g, uint64_t now, const struct ask *a)
{
    const struct loan *l = by_offer(a) ? choose_loan(g, now, a) : NULL;
    const struct conn *c = by_offer(a) ? (l ? l->conn : NULL) : choose_conn(g, now, a);

    return c && !was_tried(a, c);
}

/* ---- serving the line ---- */

static struct ask *ask_of(struct waiter *w)
{
    return (struct ask *)w; /* its first field */
}

/* False if nobody can take it now. */
static bool serve(struct gateway_core *g, uint64_t now, struct desk *d, struct ask *a)
{
    struct loan *l = by_offer(a) ? choose_loan(g, now, a) : NULL;
    struct conn *c = by_offer(a) ? (l ? l->conn : NULL) : choose_conn(g, now, a);
    uint64_t     offer = l ? l->id : 0;

    if (!c)
        return false;
    if (l)
        loan_end(g, l);
    queue_serve(&d->queue, &a->waiter);
    if (!a->attempts)
        metric_observe_for(METRIC_BUS_WAIT, service_name(a->service), NULL,
                           (double)(now - a->waiter.since) / 1000);
    attempt_start(g, now, a, c, offer);
    return true;
}

static void match(struct gateway_core *g, uint64_t now, struct desk *d)
{
    struct waiter *w;

    while ((w = queue_next(&d->queue, now))) {
        struct ask *a = ask_of(w);
        if (now >= a->deadline)
            ask_timeout(g, now, a);
        else if (!serve(g, now, d, a))
            break;
    }
}

/* Workers that lent their slots to other gateways hear of it when a line begins
 * here, and again when it has grown. */
static void tell_demand(struct gateway_core *g, uint64_t now, struct desk *d)
{
    struct conn *c;

    d->demand = d->queue.count;
    TAILQ_FOREACH (c, &d->conns, in_desk)
        conn_demand(g, now, c);
}

static bool lends(enum service s)
{
    return service_info(s)->sharing == SHARING_OFFERS;
}

void match_all(struct gateway_core *g, uint64_t now)
{
    for (unsigned s = 0; s < SERVICE_COUNT; s++) {
        struct desk *d = &g->desks[s];
        match(g, now, d);
        if (d->queue.count < d->demand)
            d->demand = d->queue.count;
        if (lends((enum service)s) && d->queue.count && !d->demand)
            tell_demand(g, now, d);
    }
}

void match_tick(struct gateway_core *g, uint64_t now)
{
    for (unsigned s = 0; s < SERVICE_COUNT; s++) {
        struct desk   *d = &g->desks[s];
        bool           there = gateway_core_instances(g, now, (enum service)s) > 0;
        struct waiter *late;

        if (there)
            d->there_at = now;
        queue_tick(&d->queue, now, there);
        while ((late = queue_shed(&d->queue, now))) {
            metric_add_for(METRIC_BUS_EXPIRED, service_name((enum service)s), NULL, 1);
            ask_end(g, ask_of(late), &(struct failure){.err = ERR_OVERLOADED, .retryable = true});
        }
        if (lends((enum service)s) && d->queue.count > d->demand)
            tell_demand(g, now, d);
    }
    match_all(g, now);
}
