/* What several handlers need. */
#include "routes/handler.h"

#include "base/clock.h"
#include "http/reply.h"

void handler_address_hash(const struct request_context *c, char to[PSEUDONYM_SIZE])
{
    char network[NETWORKS_ADDRESS_SIZE];
    pseudonym_of_address(to, &c->gw->config->cookie_ring, client_network(&c->client, network));
}

bool handler_take_rate(const struct request_context *c, struct rate *rate)
{
    uint64_t wait = rate_take(rate, uuid_str(&c->who.session), clock_ms());

    if (wait)
        reply_failure(c->rq, &(struct reply_failure){.err = ERR_LIMITED, .retry_after_ms = wait});
    return !wait;
}

void handler_refuse(const struct request_context *c, enum err err, struct buf *why)
{
    reply_failure(c->rq, &(struct reply_failure){.err = err, .said = buf_view(why)});
    buf_fini(why);
}
