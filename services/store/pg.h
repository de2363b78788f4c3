/* pg - the store's Postgres: a few connections, each made anew whenever it breaks.
 *
 * Before the first of them the schema is brought up to date (migrate.h); until
 * then Postgres counts as being away.  A server that does not flush what it
 * commits is refused: nothing it says is kept could be believed. */
#ifndef STORE_PG_H
#define STORE_PG_H
#include "job.h"
#include "loop/resolver.h"

struct pg;

struct pg_options {
    const char *url;
    unsigned    connections;
    uint64_t    statement_ms;
    void (*on_unfit)(void *ctx); /* the schema is not ours to use: end the process */
    void *ctx;
};

/* ERR_BAD_REQUEST, and why in fault: the url is none.  It connects from then on, by itself. */
MUST_CHECK enum err pg_open(struct pg **out, struct loop *l, struct resolver *r,
                            const struct pg_options *o, struct buf *fault);
void                pg_close(struct pg **p); /* what is awaited is answered with ERR_DOWN first */
bool                pg_is_up(const struct pg *p);
void                pg_count(const struct pg *p);   /* sets the gauges of metrics.def */
uint64_t            pg_away_ms(const struct pg *p); /* for how long it has been away, 0: it is up */

/* ERR_OK and a grid for each item; or ERR_DOWN: the connection broke, nobody
 * knows whether it was done; ERR_CONFLICT: others were in the way, try again;
 * ERR_TIMEOUT: it took too long; ERR_BAD_REQUEST: Postgres cannot keep these
 * values; ERR_INTERNAL: anything else, logged. */
typedef void (*pg_fn)(void *ctx, enum err err, struct grid *grids, unsigned count);

/* ERR_DOWN: Postgres is away, fn will not be called.  Several items are one
 * transaction.  fn may be NULL. */
MUST_CHECK enum err pg_ask(struct pg *p, const struct pg_item *items, unsigned count, pg_fn fn,
                           void *ctx);

#endif
