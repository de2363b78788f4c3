/* outbox - what a state machine wants done, in the order it wants it.
 *
 * gateway_core and backend_core touch neither sockets nor callers; they put
 * actions here, and whoever drives them takes the actions out and does them
 * after the machine has returned.  So nothing is ever re-entered, and a
 * simulator can stand in for sockets and services.  One event puts in at most
 * a few actions for every question and every peer there is. */
#ifndef PROTO_BUS_OUTBOX_H
#define PROTO_BUS_OUTBOX_H
#include "base/err.h"
#include "wire/frame.h"

enum action_kind {
    /* both */
    ACTION_SEND, /* the frame in bytes, to the peer `to` */
    /* gateway_core */
    ACTION_CHUNK, /* a piece of the answer to question id, in bytes */
    ACTION_FINAL, /* its end, the result in bytes */
    ACTION_ERROR, /* its end: err, retryable, retry_after_ms, the detail in bytes */
    /* backend_core */
    ACTION_REQUEST,     /* do what bytes say; from now on it is called id */
    ACTION_CANCEL,      /* request id is not wanted any more */
    ACTION_CANCEL_TURN, /* nor is the turn named in bytes */
    ACTION_CREDIT,      /* request id may send again */
    ACTION_DRAINED,     /* nothing is left to do */
};

struct action {
    enum action_kind kind;
    uint64_t         to;
    uint64_t         id;
    struct buf       bytes; /* owned */
    enum err         err;
    bool             retryable;
    uint64_t         retry_after_ms;
    uint64_t         number; /* REQUEST: of the message in bytes */
    uint64_t         ttl_ms; /* REQUEST */
    char             trace[TRACE_MAX + 1];
};

struct outbox {
    struct action *ring; /* owned */
    unsigned       head, count, room;
};

void outbox_fini(struct outbox *o); /* a zeroed one is a valid empty one */

struct action *outbox_add(struct outbox *o, enum action_kind kind, uint64_t id, struct str bytes);
void           outbox_send(struct outbox *o, uint64_t to, const struct frame *f);

/* The oldest action; the caller ends it with action_fini.  False: there is none. */
bool outbox_take(struct outbox *o, struct action *out);
void action_fini(struct action *a);

#endif
