/* redis_client - the store's Redis: one connection, replaced when it breaks.
 *
 * Scripts are loaded once per connection and called by their hash; one that Redis has lost
 * meanwhile is sent whole.  Names are resolved outside of hiredis, which would block on them; a
 * name with several addresses is tried in turn.  A Redis that answers but cannot serve (it loads,
 * it is a replica) counts as unavailable. */
#ifndef STORE_REDIS_CLIENT_H
#define STORE_REDIS_CLIENT_H
#include "base/err.h"
#include "loop/resolver.h"
#include "redis/scripts.h"

struct redis_client;

/* ERR_BAD_REQUEST: the url is malformed.  It connects from then on, by itself. */
MUST_CHECK enum err redis_client_open(struct redis_client **out, struct loop *l, struct resolver *r,
                                      const char *url, uint64_t reply_ms);
void                redis_client_close(
                   struct redis_client **r); /* answers what is in flight with ERR_DOWN first */
bool redis_client_is_up(const struct redis_client *r);

/* ERR_DOWN: it is unavailable, fn will not be called.  Otherwise fn is called once: with ERR_OK and
 * what the script declares, with ERR_DOWN if the connection broke, or with ERR_INTERNAL if Redis
 * refused. fn may be NULL. */
MUST_CHECK enum err redis_client_send(struct redis_client *r, struct lua_call call,
                                      void (*fn)(void *ctx, enum err err, struct result_set *set),
                                      void *ctx);

#endif
