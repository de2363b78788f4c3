/* clear - what the walks that forget something share. */
#ifndef STORE_CLEAR_H
#define STORE_CLEAR_H
#include "base/uuid.h"
#include "job.h"

/* For SCRIPT_SESSION_CLEAR; a begins empty.  answers is key_answers of the session, borrowed. */
void clear_redis_args(struct args *a, const struct uuid *session, const struct key *answers);

/* Asks Redis to forget a chat.  is_delete false: only that it is shown. */
MUST_CHECK enum err clear_ask_drop(struct job *j, const struct uuid *chat, bool is_delete);

/* Asks Postgres to delete it.  leave: no chat is the current one then, whichever was. */
MUST_CHECK enum err clear_ask_delete(struct job *j, const struct uuid *chat,
                                     struct str address_hash, bool leave);

#endif
