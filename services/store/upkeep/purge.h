/* purge - takes the content of deleted conversations out of Postgres, a chunk at a time.
 *
 * Deleting a conversation hides it and purges a first chunk; the rest is done here, so that every
 * transaction is short, however long the conversation was, and whatever happened to the store that
 * deleted it.  Several stores may do this at once. */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H
#include "pg/pg_client.h"

struct purge;

struct purge *purge_new(struct loop *l, struct pg_client *pg);
void          purge_free(struct purge **p); /* after pg_client_close, which answers what it sent */

#endif
