/* turns - the chats that run in this gateway, and the clock that ticks for them.
 *
 * The same turn asked for twice runs once: the second listener joins the first. */
#ifndef GATEWAY_TURNS_H
#define GATEWAY_TURNS_H
#include "base/uuid.h"
#include "session/rate.h"
#include "turn/turn.h"

struct turns;

struct turns_options {
    unsigned     max;
    struct rate *by_address, *by_session; /* borrowed */
};

struct turns *turns_new(struct loop *l, struct bus *b, const struct turns_options *o);
void          turns_free(struct turns **t); /* the listeners have left before */

struct chat *turns_find(struct turns *t, const struct uuid *session, const struct uuid *turn_id);
unsigned     turns_count(const struct turns *t);
bool         turns_are_full(const struct turns *t);

/* Starts a chat; the listener may hear the end of it at once. */
void turns_start(struct turns *t, const struct chat_order *o, struct listener *l);

#endif
