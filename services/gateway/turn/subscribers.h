/* audience - who listens to a turn: any number of JSON requests and event streams.
 *
 * A listener remembers how many bytes of the answer it has been given, so one
 * that joins late is told what it missed by the same way as what comes next.
 * A turn goes on without any: an answer belongs to its turn. */
#ifndef GATEWAY_AUDIENCE_H
#define GATEWAY_AUDIENCE_H
#include <stdbool.h>
#include <stddef.h>

#define AUDIENCE_MAX 16 /* listeners of one turn that a route lets in */

struct chat;

enum chat_event {
    CHAT_QUEUED,    /* its place in line has changed */
    CHAT_WAITING,   /* the model is busy: it rests before it is asked again */
    CHAT_STARTED,   /* the model has begun */
    CHAT_DELTA,     /* there is more of the answer */
    CHAT_QUIET,     /* nothing new for a while, but all is well */
    CHAT_RETRACTED, /* the last three are ends: one of them comes, once */
    CHAT_ANSWERED,
    CHAT_FAILED
};

struct listener {
    struct audience *audience; /* NULL: in none */
    struct listener *next;
    size_t           at; /* bytes of the answer it has; set before it joins */
    /* After one of the ends the listener is out of the audience and may free itself. */
    void (*hear)(struct listener *l, const struct chat *c, enum chat_event e);
};

struct audience {
    struct listener *first;
    unsigned         count;
};

void audience_add(struct audience *a, struct listener *l);
void audience_leave(struct listener *l);
void audience_tell(struct audience *a, const struct chat *c, enum chat_event e);

static inline bool chat_event_is_end(enum chat_event e)
{
    return e >= CHAT_RETRACTED;
}

#endif
