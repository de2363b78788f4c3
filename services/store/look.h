/* look - what Postgres knows of a session, one of its turns and one of its chats.
 *
 * One question, STATEMENT_LOOK, that most walks begin with; its answer is kept
 * in job.look. */
#ifndef STORE_LOOK_H
#define STORE_LOOK_H
#include "base/uuid.h"
#include "job.h"

enum look {
    LOOK_STATE, /* known, ended, cleared; without a row: unknown */
    LOOK_CREATED,
    LOOK_ACTIVE,
    LOOK_MODEL,
    LOOK_KEY,
    LOOK_HINT,
    LOOK_KEY_AT,
    LOOK_CHAT, /* from here on empty if there is no such chat */
    LOOK_SEQ,
    LOOK_EPOCH,
    LOOK_ON_TOPIC,
    LOOK_STATUS, /* from here on empty if there is no such turn */
    LOOK_SAME_TEXT,
    LOOK_TURN_CHAT,
    LOOK_ANSWER,
    LOOK_TURN_MODEL,
    LOOK_FINISH_REASON,
    LOOK_PROMPT_TOKENS,
    LOOK_COMPLETION_TOKENS,
    LOOK_COST,
    LOOK_USED,       /* whatever there is: the id for a new chat is not free */
    LOOK_COUNTED,    /* against the session's budget, in nanodollars */
    LOOK_CURRENT_AT, /* when that chat was last spoken in or opened */
    LOOK_TURN_EPOCH,
    LOOK_TURN_SEQ
};

/* Of the job's session, turn and chat; without a chat, of the current one.
 * text: of the turn; fresh: the id that a new chat would get, may be empty. */
MUST_CHECK enum err look_ask(struct job *j, struct str text, const struct uuid *fresh);
void                look_take(struct job *j); /* the answer at place 0, into job.look */

struct str look_str(const struct job *j, enum look column);
uint64_t   look_u64(const struct job *j, enum look column);
bool       look_is(const struct job *j, enum look column, const char *text);

/* Whether a key that is kept in Redis only counts: it does unless what Postgres
 * knows was decided later. */
bool look_is_outdated(const struct job *j, struct str kept_key, uint64_t kept_at);

#endif
