/* redis - the store's Redis: one connection, made anew whenever it breaks.
 *
 * Scripts are loaded once per connection and called by their hash; one that
 * Redis has forgotten meanwhile is sent whole.  Names are resolved outside of
 * hiredis, which would block on them; a name with several addresses is tried
 * in turn.  What Redis answers while it cannot serve (it loads, it is a
 * replica) counts as being away. */
#ifndef STORE_REDIS_H
#define STORE_REDIS_H
#include "job.h"
#include "loop/resolver.h"

struct redis;

/* ERR_BAD_REQUEST: the url is none.  It connects from then on, by itself. */
MUST_CHECK enum err redis_open(struct redis **out, struct loop *l, struct resolver *r,
                               const char *url, uint64_t reply_ms);
void redis_close(struct redis **r); /* what is awaited is answered with ERR_DOWN first */
bool redis_is_up(const struct redis *r);

/* ERR_DOWN: it is away, fn will not be called.  Otherwise fn is called once,
 * with ERR_OK and the reply as the rows that scripts.def says, with ERR_DOWN if the connection
 * broke, or with ERR_INTERNAL if Redis refused.  fn may be NULL. */
MUST_CHECK enum err redis_ask(struct redis *r, enum script script, const struct args *args,
                              void (*fn)(void *ctx, enum err err, struct grid *grid), void *ctx);

#endif
