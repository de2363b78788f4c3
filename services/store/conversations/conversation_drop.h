/* conversation_drop - what the two flows that delete a conversation share. */
#ifndef STORE_CONVERSATION_DROP_H
#define STORE_CONVERSATION_DROP_H
#include "run/job.h"

/* Requests Redis to drop a conversation.  is_delete false: it is only no longer shown. */
MUST_CHECK enum err conversation_drop_request(struct job *j, const struct uuid *conversation,
                                              bool is_delete);

/* Requests Postgres to delete it.  leave: no conversation is the current one then, whichever was.
 */
MUST_CHECK enum err conversation_drop_request_delete(struct job *j, const struct uuid *conversation,
                                                     struct str address_hash, bool leave);

#endif
