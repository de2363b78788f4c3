/* redis - one connection to Redis on the loop, by hiredis's async client.
 *
 * A link is made, comes up once, goes down once, and is then freed; whoever
 * wants to be connected again makes a new one.  Every command that
 * redis_link_send took is answered exactly once, in the order sent: with its
 * reply, or with NULL when the link went down or was freed before.  Otherwise
 * handlers are called by the loop only, and may send. */
#ifndef PROTO_LOOP_REDIS_H
#define PROTO_LOOP_REDIS_H
#include <hiredis/hiredis.h>

#include "loop/loop.h"

struct redis_link;

struct redis_link_options {
    const char *path;    /* of a unix socket; NULL: address and port */
    const char *address; /* numeric, since hiredis would block on a name */
    int         port;
    uint64_t    connect_ms;
    uint64_t    reply_ms; /* longest silence while replies are awaited; 0: any */
};

struct redis_link_ops {
    void (*on_up)(void *ctx);                    /* connected; nothing was said yet */
    void (*on_down)(void *ctx, const char *why); /* the last call; free the link now or later */
};

struct redis_link *redis_link_new(struct loop *l, const struct redis_link_options *o,
                                  const struct redis_link_ops *ops, void *ctx);
void               redis_link_free(struct redis_link **link); /* answers all with NULL first;
                                                                not from inside a reply */

/* The bytes are copied.  False: the link is not up, and fn will not be called.
 * The reply lives during the call. */
MUST_CHECK bool redis_link_send(struct redis_link *link, unsigned count, const char **words,
                                const size_t *lengths,
                                void (*fn)(void *ctx, const redisReply *reply), void *ctx);

/* Ends it as if the other side had: what it says is not to be trusted. */
void redis_link_drop(struct redis_link *link, const char *why);

#endif
