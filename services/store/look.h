/* look - the columns of STATEMENT_LOOK. */
#ifndef STORE_LOOK_H
#define STORE_LOOK_H

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
    LOOK_USED /* whatever there is: the id for a new chat is not free */
};

#endif
