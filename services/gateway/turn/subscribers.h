/* subscribers - who is told about a turn: any number of JSON requests and event streams.
 *
 * A subscriber remembers how many bytes of the answer it has, so one that joins
 * late is sent what it missed in the same way as what comes next.  A turn that
 * runs here continues without any subscriber: the answer belongs to the turn.
 *
 * on_event is only called from the turn_on_ functions, which the loop calls. */
#ifndef GATEWAY_SUBSCRIBERS_H
#define GATEWAY_SUBSCRIBERS_H
#include <stdbool.h>
#include <stddef.h>

#define SUBSCRIBERS_MAX 16 /* per turn; a handler refuses more */

struct turn;

enum turn_event {
    TURN_EVENT_QUEUED,    /* its position in the queue has changed */
    TURN_EVENT_BACKOFF,   /* the model is busy and will be asked again */
    TURN_EVENT_STARTED,   /* the model has begun to answer */
    TURN_EVENT_DELTA,     /* there is more of the answer */
    TURN_EVENT_KEEPALIVE, /* nothing new for a while */
    TURN_EVENT_RETRACTED, /* the last three end the turn: exactly one of them is sent, once */
    TURN_EVENT_ANSWERED,
    TURN_EVENT_FAILED
};

struct subscriber {
    struct subscribers *list; /* NULL: in none */
    struct subscriber  *next;
    size_t              at;           /* bytes of the answer it has; set before it joins */
    bool                is_caught_up; /* was told what happened before it joined */
    /* After an end the subscriber is off the list and may free itself. */
    void (*on_event)(struct subscriber *s, const struct turn *t, enum turn_event e);
};

struct subscribers {
    struct subscriber *first;
    unsigned           count;
};

void subscribers_add(struct subscribers *list, struct subscriber *s);
void subscribers_remove(struct subscriber *s);
void subscribers_notify(struct subscribers *list, const struct turn *t, enum turn_event e);

static inline bool turn_event_is_end(enum turn_event e)
{
    return e >= TURN_EVENT_RETRACTED;
}

#endif
