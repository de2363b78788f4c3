/* outbox - the actions of a state machine, in order.
 *
 * gateway_core and backend_core touch neither sockets nor callers.  They add
 * actions here, and their driver takes and performs them after the state machine
 * has returned.  So nothing is re-entered, and a simulator can replace sockets
 * and services.  One event adds at most a few actions per request and per peer. */
#ifndef PROTO_BUS_COMMON_OUTBOX_H
#define PROTO_BUS_COMMON_OUTBOX_H
#include "base/err.h"
#include "wire/frame.h"

enum action_kind {
    /* both */
    ACTION_SEND, /* the frame in bytes, to the peer `to` */
    /* gateway_core */
    ACTION_CHUNK, /* a chunk of the reply to request id, in bytes */
    ACTION_FINAL, /* its end, with the result in bytes */
    ACTION_ERROR, /* its end: err, retryable, retry_after_ms, and the detail in bytes */
    /* backend_core */
    ACTION_REQUEST,     /* a new request, in bytes; id is its handle */
    ACTION_CANCEL,      /* the result of request id is no longer needed */
    ACTION_CANCEL_TURN, /* stop the turn whose id is in bytes */
    ACTION_CREDIT,      /* request id may send again */
    ACTION_DRAINED,     /* no request is open */
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
    unsigned       head, count, capacity;
};

void outbox_fini(struct outbox *o); /* a zeroed outbox is a valid empty one */

struct action *outbox_add(struct outbox *o, enum action_kind kind, uint64_t id, struct str bytes);
void           outbox_send(struct outbox *o, uint64_t to, const struct frame *f);

/* The oldest action, to be freed with outbox_fini_action.  False: there is none. */
bool outbox_take(struct outbox *o, struct action *out);
void outbox_fini_action(struct action *a);

#endif
