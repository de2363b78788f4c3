/* wipe - takes the content of deleted chats out of Postgres, a little at a time.
 *
 * Deleting a chat hides it and wipes what is short; the rest is done here, so
 * that no transaction is long, however long the chat was, and whatever became
 * of the store that was asked.  Several stores doing this at once do no harm. */
#ifndef STORE_WIPE_H
#define STORE_WIPE_H
#include "pg.h"

struct wipe;

struct wipe *wipe_new(struct loop *l, struct pg *pg);
void         wipe_free(struct wipe **w); /* after pg_close, which answers what it asked */

#endif
