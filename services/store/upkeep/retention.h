/* retention - deletes rows of Postgres that are not needed any more, or too old.
 *
 * With RETENTION_DAYS, conversations without a new turn for so long are deleted as if their user
 * had done it: first they are closed, then purged; and users without conversations who were
 * inactive for so long are deleted with all their data.  What Redis holds of a conversation has
 * expired long before.
 *
 * It works on a few rows at a time, with pauses between, and skips rows that are locked, so that
 * nobody waits for it.  Several stores may do this at once. */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H
#include "pg/pg_client.h"
#include "settings.h"

struct retention;

struct retention *retention_new(struct loop *l, struct pg_client *pg, const struct config *config);
void              retention_free(struct retention **r); /* after pg_client_close, which answers what
                                                           it sent */

#endif
