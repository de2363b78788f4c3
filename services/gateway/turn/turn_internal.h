/* What the files of chat share: chat.c walks, chat_ask.c asks, chat_answer.c
 * takes the model's words, chat_lease.c keeps the lease, chat_life.c makes and frees. */
#ifndef GATEWAY_CHAT_INSIDE_H
#define GATEWAY_CHAT_INSIDE_H
#include "turn/turn.h"

/* Each asks and leaves its slot open, or says why it could not. */
MUST_CHECK enum err chat_ask_limit(struct chat *c);
MUST_CHECK enum err chat_ask_filter(struct chat *c);
MUST_CHECK enum err chat_ask_begin(struct chat *c);
MUST_CHECK enum err chat_ask_answer(struct chat *c, const struct turn_begin_reply *begun);
MUST_CHECK enum err chat_ask_review(struct chat *c, size_t len, bool is_whole);
MUST_CHECK enum err chat_ask_renew(struct chat *c);
MUST_CHECK enum err chat_ask_follow(struct chat *c);
MUST_CHECK enum err chat_ask_commit(struct chat *c);
MUST_CHECK enum err chat_ask_abort(struct chat *c);

void chat_keep_lease(struct chat *c); /* every tick */
void chat_take_renewal(struct chat *c, const struct chat_slot *s);

bool chat_is_open(const struct chat *c, enum chat_question what);
void chat_drop(struct chat *c, enum chat_question what);    /* nobody wants its answer any more */
void chat_end_span(struct chat_slot *s, const char *error); /* of the question */

void chat_set_model(struct chat *c, struct str model); /* and tell that it has begun */
void chat_add_text(struct chat *c, struct str text);
void chat_take_piece(struct chat *c, struct str body);
MUST_CHECK enum err chat_take_last(struct chat *c, struct str body);

void chat_keep(char *to, size_t size, struct str text); /* as much as there is room for */
void chat_free(struct chat **c);

#endif
