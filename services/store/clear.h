/* clear - forgetting what Redis has of a session. */
#ifndef STORE_CLEAR_H
#define STORE_CLEAR_H
#include "job.h"

/* For SCRIPT_SESSION_CLEAR; a begins empty.  answers is key_answers of the session, borrowed. */
void clear_redis_args(struct args *a, const struct uuid *session, const struct key *answers);

#endif
