/* pg - one connection to Postgres on the loop, by libpq.
 *
 * A link is made, comes up once, goes down once, and is then freed; whoever
 * wants to be connected again makes a new one.  It is given groups of
 * statements: a group that is not a transaction of its own (BEGIN ... COMMIT)
 * is made one by the server.  Groups are sent without waiting for the one
 * before (libpq's pipeline mode) and answered in order, each exactly once: with
 * all its results after it was committed, or with none when the link went down
 * or was freed before; then nobody knows whether it was.  Otherwise handlers are
 * called by the loop only, and may send. */
#ifndef PROTO_LOOP_PG_H
#define PROTO_LOOP_PG_H
#include <libpq-fe.h>

#include "loop/loop.h"

struct pg_link;

struct pg_link_options {
    const char *const *keywords; /* as PQconnectStartParams takes them; hosts by number */
    const char *const *values;
    uint64_t           connect_ms;
    uint64_t           reply_ms; /* longest silence while results are awaited; 0: any */
};

struct pg_link_ops {
    void (*on_up)(void *ctx);
    void (*on_down)(void *ctx, const char *why); /* the last call; free the link now or later */
};

struct pg_link *pg_link_new(struct loop *l, const struct pg_link_options *o,
                            const struct pg_link_ops *ops, void *ctx);
void            pg_link_free(struct pg_link **link); /* answers all with none first; not from
                                                        inside an answer */

struct pg_statement {
    const char        *name; /* of a prepared one; NULL: text is run as it is */
    const char        *text;
    unsigned           count;             /* of parameters */
    const char *const *values;            /* NULL in it: SQL NULL */
    const int         *lengths, *formats; /* 1: bytes of that length, 0: text that ends with a 0 */
};

/* count == 0: the link is gone.  Otherwise a result for each statement; after
 * one that failed, the rest are PGRES_PIPELINE_ABORTED.  They live during the call. */
typedef void (*pg_link_fn)(void *ctx, PGresult *const *results, unsigned count);

/* The bytes are copied.  False: the link is not up, and fn will not be called. */
MUST_CHECK bool pg_link_send(struct pg_link *link, const struct pg_statement *group, unsigned count,
                             pg_link_fn fn, void *ctx);
MUST_CHECK bool pg_link_prepare(struct pg_link *link, const char *name, const char *text,
                                pg_link_fn fn, void *ctx);

/* Many statements in one text, without parameters, as psql would run a file.
 * Only while nothing else is awaited, since libpq does not pipeline it. */
MUST_CHECK bool pg_link_run(struct pg_link *link, const char *text, pg_link_fn fn, void *ctx);

bool     pg_link_is_up(const struct pg_link *link);
unsigned pg_link_in_flight(const struct pg_link *link); /* groups sent and not yet answered */

/* Ends it as if the other side had: what it says is not to be trusted. */
void pg_link_drop(struct pg_link *link, const char *why);

#endif
