/* Sets the gauges of the bus when the metrics are read. */
#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"

static unsigned count_offers(const struct service_pool *pool)
{
    const struct gateway_offer *o;
    unsigned                    count = 0;

    TAILQ_FOREACH (o, &pool->offers, in_pool)
        count++;
    return count;
}

/* Counters start at 0: a rate() does not see the step from absent to 1. */
static void start_counters(const char *service)
{
    metric_add_for(METRIC_BUS_RETRIES, service, NULL, 0);
    metric_add_for(METRIC_BUS_EXPIRED, service, NULL, 0);
    metric_add_for(METRIC_BUS_REFUSED, service, NULL, 0);
}

void gateway_metrics_update(const struct gateway_core *g, uint64_t now)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        const struct service_pool *pool = &g->pools[s];
        const char                *name = services_name(s);

        metric_set_for(METRIC_BUS_QUEUED, name, NULL, pool->queue.count);
        metric_set_for(METRIC_BUS_OLDEST, name, NULL,
                       (double)queue_oldest_ms(&pool->queue, now) / 1000);
        metric_set_for(METRIC_BUS_INSTANCES, name, NULL, gateway_connection_count_live(g, now, s));
        metric_set_for(METRIC_BUS_RETRY_BUDGET, name, NULL, retry_budget_left(&pool->budget, now));
        start_counters(name);
        if (services_info(s)->sharing == SHARING_OFFERS)
            metric_set_for(METRIC_BUS_OFFERS, name, NULL, count_offers(pool));
    }
}
