/* pg_client - the store's Postgres: a pool of a few connections, each replaced when it breaks.
 *
 * Before the first of them the schema is brought up to date (migrate.h); until then Postgres counts
 * as unavailable.  A server that does not flush what it commits is refused: nothing it reports as
 * committed could be relied on. */
#ifndef STORE_PG_CLIENT_H
#define STORE_PG_CLIENT_H
#include "base/err.h"
#include "loop/resolver.h"

struct pg_client;

struct pg_client_options {
    const char *url;
    unsigned    connections;
    uint64_t    statement_ms;
    void (*on_incompatible)(void *ctx); /* the schema is not ours to use: end the process */
    void *ctx;
};

/* ERR_BAD_REQUEST, and why in fault: the url is malformed.  It connects from then on, by itself. */
MUST_CHECK enum err pg_client_open(struct pg_client **out, struct loop *l, struct resolver *r,
                                   const struct pg_client_options *o, struct buf *fault);
void     pg_client_close(struct pg_client **p); /* answers what is in flight with ERR_DOWN first */
bool     pg_client_is_up(const struct pg_client *p);
void     pg_client_count(const struct pg_client *p);          /* sets the gauges of metrics.def */
uint64_t pg_client_unavailable_ms(const struct pg_client *p); /* for how long, 0: it is up */

#endif
