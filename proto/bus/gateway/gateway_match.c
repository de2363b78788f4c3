/* Assigns queued requests to free capacity. */
#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"

static bool uses_offers(enum service s)
{
    return services_info(s)->sharing == SHARING_OFFERS;
}

/* False if there is no free capacity for it. */
static bool assign(struct gateway_core *g, uint64_t now, struct gateway_request *r)
{
    struct gateway_choice choice = gateway_choose(g, now, r);
    uint64_t              offer = choice.offer ? choice.offer->id : 0;

    if (!choice.connection)
        return false;
    if (choice.offer)
        gateway_connection_end_offer(g, choice.offer);
    queue_serve(&g->pools[r->service].queue, &r->entry);
    if (!r->attempt_count)
        metric_observe_for(METRIC_BUS_WAIT, services_name(r->service), NULL,
                           (double)(now - r->entry.since) / 1000);
    gateway_attempt_start(g, now, r, choice.connection, offer);
    return true;
}

static void match_pool(struct gateway_core *g, uint64_t now, struct service_pool *pool)
{
    struct queue_entry *e;

    while ((e = queue_next(&pool->queue, now))) {
        struct gateway_request *r = gateway_request_of(e);
        if (now >= r->deadline)
            gateway_request_expire(g, now, r);
        else if (!assign(g, now, r))
            break;
    }
}

/* Tells workers, whose slots may be offered to other gateways, that a queue has
 * formed here, and again when it has grown. */
static void announce_demand(struct gateway_core *g, uint64_t now, struct service_pool *pool)
{
    struct gateway_connection *c;

    pool->announced = pool->queue.count;
    TAILQ_FOREACH (c, &pool->connections, in_pool)
        gateway_send_demand(g, now, c);
}

void gateway_match(struct gateway_core *g, uint64_t now)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        struct service_pool *pool = &g->pools[s];
        match_pool(g, now, pool);
        if (pool->queue.count < pool->announced)
            pool->announced = pool->queue.count;
        if (uses_offers(s) && pool->queue.count && !pool->announced)
            announce_demand(g, now, pool);
    }
}

static void shed_overdue(struct gateway_core *g, uint64_t now, enum service s)
{
    struct queue_entry *e;

    while ((e = queue_overdue(&g->pools[s].queue, now))) {
        metric_add_for(METRIC_BUS_EXPIRED, services_name(s), NULL, 1);
        gateway_request_fail(g, gateway_request_of(e),
                             &(struct gateway_failure){.err = ERR_OVERLOADED, .retryable = true});
    }
}

void gateway_match_tick(struct gateway_core *g, uint64_t now)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        struct service_pool *pool = &g->pools[s];
        bool                 live = gateway_connection_count_live(g, now, s) > 0;

        if (live)
            pool->last_live = now;
        queue_tick(&pool->queue, now, live);
        shed_overdue(g, now, s);
        if (uses_offers(s) && pool->queue.count > pool->announced)
            announce_demand(g, now, pool);
    }
    gateway_match(g, now);
}
