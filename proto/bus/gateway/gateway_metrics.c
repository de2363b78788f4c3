/* How things stand on the bus, set as gauges when somebody asks. */
#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"

static unsigned offers(const struct desk *d)
{
    const struct loan *l;
    unsigned           count = 0;

    TAILQ_FOREACH (l, &d->loans, in_desk)
        count++;
    return count;
}

/* A count that begins when the first one comes hides that one from rates. */
static void count_from_zero(const char *name)
{
    metric_add_for(METRIC_BUS_RETRIES, name, NULL, 0);
    metric_add_for(METRIC_BUS_EXPIRED, name, NULL, 0);
    metric_add_for(METRIC_BUS_REFUSED, name, NULL, 0);
}

void gateway_core_update_metrics(const struct gateway_core *g, uint64_t now)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        const struct desk *d = &g->desks[s];
        const char        *name = service_name(s);

        metric_set_for(METRIC_BUS_QUEUED, name, NULL, d->queue.count);
        metric_set_for(METRIC_BUS_OLDEST, name, NULL,
                       (double)queue_oldest_ms(&d->queue, now) / 1000);
        metric_set_for(METRIC_BUS_INSTANCES, name, NULL, gateway_core_instances(g, now, s));
        metric_set_for(METRIC_BUS_RETRY_BUDGET, name, NULL, retry_budget_left(&d->budget, now));
        count_from_zero(name);
        if (service_info(s)->sharing == SHARING_OFFERS)
            metric_set_for(METRIC_BUS_OFFERS, name, NULL, offers(d));
    }
}
