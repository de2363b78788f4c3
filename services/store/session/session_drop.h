/* session_drop - the call that deletes everything of a session from Redis. */
#ifndef STORE_SESSION_DROP_H
#define STORE_SESSION_DROP_H
#include "redis/scripts.h"

/* answers is filled in, and borrowed until the call was sent. */
struct lua_call session_drop(struct args *a, const struct uuid *session, struct key *answers);

#endif
