/* enter - finds the session of a question, and what both databases know of it.
 *
 * A walk begins with enter(j, STEP_...): the request's session is looked up in
 * Postgres and in Redis, kept alive, made if that was asked for, or the walk
 * ends with ERR_SIGNED_OUT.  It goes on at the step given, with job.entered
 * filled in.  With one database away it goes on with what the other knows. */
#ifndef STORE_ENTER_H
#define STORE_ENTER_H
#include "job.h"

enum step enter(struct job *j, struct str session, bool create, enum step then);

struct str entered_running_text(const struct job *j); /* of entered.running */

/* The key that counts: the newer of the one in Postgres and the one kept in Redis only. */
struct str entered_key(const struct job *j, struct str *hint);

#endif
