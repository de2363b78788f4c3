/* pg - one connection to Postgres on the loop, with libpq in pipeline mode.
 *
 * A link connects once and disconnects once; to reconnect, create a new one. Statements are sent in
 * groups; the server runs a group without BEGIN and COMMIT as one implicit transaction. Groups are
 * sent without waiting for earlier ones and answered in order, each exactly once: with all its
 * results, or with none if the link was lost or freed first; whether it was committed is then
 * unknown. Handlers are called by the loop only, except by pg_link_free, and may send. */
#ifndef PROTO_LOOP_PG_H
#define PROTO_LOOP_PG_H
#include <libpq-fe.h>

#include "loop/loop.h"

struct pg_link;

struct pg_link_options {
    const char *const *keywords; /* as for PQconnectStartParams; numeric hosts */
    const char *const *values;
    uint64_t           connect_ms;
    uint64_t           reply_ms; /* longest silence while results are pending; 0: no limit */
};

struct pg_link_ops {
    void (*on_up)(void *ctx);
    void (*on_down)(void       *ctx,
                    const char *why); /* the last call; the link may be freed in it or later */
};

struct pg_link *pg_link_new(struct loop *l, const struct pg_link_options *o,
                            const struct pg_link_ops *ops, void *ctx);
void            pg_link_free(struct pg_link **link); /* answers pending groups with none first;
                                                        not allowed in a pg_link_fn */

struct pg_statement {
    const char        *name; /* of a prepared statement; NULL: text is executed */
    const char        *text;
    unsigned           count;             /* of parameters */
    const char *const *values;            /* a NULL element: SQL NULL */
    const int         *lengths, *formats; /* 1: bytes of that length, 0: terminated text */
};

/* count == 0: the link was lost. Otherwise one result per statement; after a failed one the rest
 * are PGRES_PIPELINE_ABORTED. The results are valid during the call. */
typedef void (*pg_link_fn)(void *ctx, PGresult *const *results, unsigned count);

/* The bytes are copied. False: the link is not up, and fn is not called. */
MUST_CHECK bool pg_link_send(struct pg_link *link, const struct pg_statement *group, unsigned count,
                             pg_link_fn fn, void *ctx);
MUST_CHECK bool pg_link_prepare(struct pg_link *link, const char *name, const char *text,
                                pg_link_fn fn, void *ctx);

/* Executes a text of several statements without parameters, as psql runs a file. Only while nothing
 * else is pending, since libpq cannot pipeline it. */
MUST_CHECK bool pg_link_run(struct pg_link *link, const char *text, pg_link_fn fn, void *ctx);

bool     pg_link_is_up(const struct pg_link *link);
unsigned pg_link_in_flight(const struct pg_link *link); /* groups sent and not yet answered */

/* Drops the link as if the server had closed it, after an invalid or unexpected reply. */
void pg_link_drop(struct pg_link *link, const char *why);

#endif
