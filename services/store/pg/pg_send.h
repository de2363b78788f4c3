/* pg_send - sends statements to the store's Postgres. */
#ifndef STORE_PG_SEND_H
#define STORE_PG_SEND_H
#include "pg_client.h"
#include "sql/statements.h"

/* ERR_OK and a result set for each call; or ERR_DOWN: the connection broke, whether it was done is
 * unknown; ERR_CONFLICT: others were in the way, try again; ERR_TIMEOUT: it took too long;
 * ERR_BAD_REQUEST: Postgres cannot store these values; ERR_INTERNAL: anything else, logged. */
typedef void (*pg_send_fn)(void *ctx, enum err err, struct result_set *sets, unsigned count);

/* ERR_DOWN: Postgres is unavailable, fn will not be called.  Several calls are one transaction.  fn
 * may be NULL. */
MUST_CHECK enum err pg_send(struct pg_client *p, const struct sql_call *calls, unsigned count,
                            pg_send_fn fn, void *ctx);

#endif
