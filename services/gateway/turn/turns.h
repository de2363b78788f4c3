/* turns - the turns that run in this gateway, and the clock that ticks for them.
 *
 * A turn that is requested twice runs once: the second subscriber joins the first. */
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
void          turns_free(struct turns **t); /* the subscribers have left before */

struct turn *turns_find(struct turns *t, const struct uuid *session, const struct uuid *turn_id);
unsigned     turns_count(const struct turns *t);
bool         turns_are_full(const struct turns *t);

/* Empties p.  There must be room, and no such turn yet. */
void turns_start(struct turns *t, struct turn_params *p, struct subscriber *s);

#endif
