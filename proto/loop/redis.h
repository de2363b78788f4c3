/* redis - one connection to Redis on the loop, with the async client of hiredis.
 *
 * A link connects once and disconnects once; to reconnect, create a new one. Every command that
 * redis_link_send accepted is answered exactly once, in the order sent: with its reply, or with
 * NULL if the link was lost or freed first. Handlers are called by the loop only, except by
 * redis_link_free, and may send. */
#ifndef PROTO_LOOP_REDIS_H
#define PROTO_LOOP_REDIS_H
#include <hiredis/hiredis.h>

#include "loop/loop.h"

struct redis_link;

struct redis_link_options {
    const char *path;    /* of a unix socket; NULL: address and port */
    const char *address; /* numeric, because hiredis would block to resolve a name */
    int         port;
    uint64_t    connect_ms;
    uint64_t    reply_ms; /* longest silence while replies are pending; 0: no limit */
};

struct redis_link_ops {
    void (*on_up)(void *ctx); /* connected; nothing was sent yet */
    void (*on_down)(void       *ctx,
                    const char *why); /* the last call; the link may be freed in it or later */
};

struct redis_link *redis_link_new(struct loop *l, const struct redis_link_options *o,
                                  const struct redis_link_ops *ops, void *ctx);
void               redis_link_free(struct redis_link **link); /* answers all with NULL first;
                                                                not allowed in a reply */

/* The bytes are copied. False: the link is not up, and fn is not called. The reply is valid during
 * the call. */
MUST_CHECK bool redis_link_send(struct redis_link *link, unsigned count, const char **words,
                                const size_t *lengths,
                                void (*fn)(void *ctx, const redisReply *reply), void *ctx);

/* Drops the link as if the server had closed it, after an invalid or unexpected reply. */
void redis_link_drop(struct redis_link *link, const char *why);

#endif
