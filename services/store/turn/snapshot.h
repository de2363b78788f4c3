/* snapshot - what Postgres knows of a session, one of its turns and one of its conversations.
 *
 * Most flows begin with this one statement, sql/snapshot.sql, and keep its row. */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H
#include "run/job.h"

struct snapshot {
    struct result_set       set;
    struct sql_snapshot_row row; /* views into the set; all empty without a row */
};

/* Of the job's session, turn and conversation; without a conversation, of the current one.
 * text: of the turn; fresh: the id that a new conversation would get, may be empty. */
MUST_CHECK enum err snapshot_request(struct job *j, struct str text, const struct uuid *fresh);
void                snapshot_take(struct snapshot *s, struct job *j); /* the answer of slot 0 */
void                snapshot_fini(struct snapshot *s);

bool snapshot_is(const struct snapshot *s, const char *state); /* known, ended, cleared */

/* Whether a key that is kept in Redis only counts: it does unless Postgres knows of a later
 * decision. */
bool snapshot_is_outdated(const struct snapshot *s, struct str kept_key, uint64_t kept_at);

#endif
