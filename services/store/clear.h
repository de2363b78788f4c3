/* clear - what the two walks that delete a chat share: of the current one, and of one by its id. */
#ifndef STORE_CLEAR_H
#define STORE_CLEAR_H
#include "job.h"

/* Asks Redis to forget it.  is_delete false: only that it is shown. */
MUST_CHECK enum err clear_ask_drop(struct job *j, const struct uuid *chat, bool is_delete);

/* Asks Postgres to delete it.  leave: no chat is the current one then, whichever was. */
MUST_CHECK enum err clear_ask_delete(struct job *j, const struct uuid *chat,
                                     struct str address_hash, bool leave);

#endif
