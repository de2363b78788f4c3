/* Chooses a connection or an offer for a request. */
#include <stddef.h>

#include "bus/gateway/gateway_internal.h"

static bool has_failed_at(const struct gateway_request *r, const struct gateway_connection *c)
{
    for (unsigned i = 0; i < r->failures; i++)
        if (r->failed_routes[i] == c->route)
            return true;
    return false;
}

static bool has_room(const struct gateway_core *g, const struct gateway_connection *c, uint64_t now)
{
    return c->attempt_count < c->window && now >= c->busy_until &&
           gateway_connection_is_live(g, c, now);
}

static uint64_t load_of(const struct gateway_connection *c)
{
    return c->attempt_count + c->load_elsewhere;
}

/* The less loaded of two random instances: nearly as even as the least loaded of
 * all, but gateways do not all choose the same idle one.  An instance where this
 * request has failed is used only if there is no other. */
static struct gateway_connection *choose_connection(struct gateway_core *g, uint64_t now,
                                                    const struct gateway_request *r)
{
    struct gateway_connection *c, *untried[CONNECTIONS_MAX], *tried = NULL;
    unsigned                   count = 0;

    TAILQ_FOREACH (c, &g->pools[r->service].connections, in_pool) {
        if (!has_room(g, c, now))
            continue;
        if (has_failed_at(r, c))
            tried = c;
        else
            untried[count++] = c;
    }
    if (!count)
        return tried;
    struct gateway_connection *one = untried[prng_below(&g->prng, count)];
    struct gateway_connection *two = untried[prng_below(&g->prng, count)];
    return load_of(two) < load_of(one) ? two : one;
}

/* The oldest offer, so that workers take turns. */
static struct gateway_offer *choose_offer(struct gateway_core *g, uint64_t now,
                                          const struct gateway_request *r)
{
    struct gateway_offer *o, *tried = NULL;

    TAILQ_FOREACH (o, &g->pools[r->service].offers, in_pool) {
        if (!gateway_connection_is_live(g, o->connection, now))
            continue;
        if (!has_failed_at(r, o->connection))
            return o;
        if (!tried)
            tried = o;
    }
    return tried;
}

struct gateway_choice gateway_choose(struct gateway_core *g, uint64_t now,
                                     const struct gateway_request *r)
{
    struct gateway_choice choice = {0};

    if (services_info(r->service)->sharing == SHARING_WINDOW) {
        choice.connection = choose_connection(g, now, r);
        return choice;
    }
    choice.offer = choose_offer(g, now, r);
    if (choice.offer)
        choice.connection = choice.offer->connection;
    return choice;
}

bool gateway_choose_has_alternative(struct gateway_core *g, uint64_t now,
                                    const struct gateway_request *r)
{
    struct gateway_choice choice = gateway_choose(g, now, r);

    return choice.connection && !has_failed_at(r, choice.connection);
}
