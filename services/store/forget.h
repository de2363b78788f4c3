/* forget - takes rows out of Postgres that are of no use any more, or too old.
 *
 * With RETENTION_DAYS, chats that nobody spoke in for so long are deleted, as if
 * their person had done it: first they are closed, then wiped; and people who
 * have none left and were not here for so long go with all that they have.  What
 * Redis remembers of a chat is gone long before.
 *
 * A few rows at a time, with rests between, and never one that somebody else is
 * at: so nobody waits for it.  Several stores doing this at once do no harm. */
#ifndef STORE_FORGET_H
#define STORE_FORGET_H
#include "pg.h"

struct forget;

struct forget *forget_new(struct loop *l, struct pg *pg, const struct config *config);
void           forget_free(struct forget **f); /* after pg_close, which answers what it asked */

#endif
