/* forget - takes rows out of Postgres that are of no use any more.
 *
 * A few at a time, so that nobody waits for it, and again soon while there are
 * more.  Several stores doing this at once do no harm. */
#ifndef STORE_FORGET_H
#define STORE_FORGET_H
#include "pg.h"

struct forget;

struct forget *forget_new(struct loop *l, struct pg *pg, uint64_t audit_days);
void           forget_free(struct forget **f); /* after pg_close, which answers what it asked */

#endif
