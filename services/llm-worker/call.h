/* call - one request of a gateway in progress, and the table of all of them.
 *
 * A call is an answer (answer/answer.c) or a lookup (lookup/lookup.c).  The bus names it by its
 * handle; the table finds it again when the gateway cancels it or has room for more chunks.  A call
 * ends itself: it tells the bus, exactly once, and then frees itself with call_end. */
#ifndef LLM_WORKER_CALL_H
#define LLM_WORKER_CALL_H
#include "base/uuid.h"
#include "bus/backend/backend.h"
#include "openrouter/upstream_failure.h"
#include "wire/frame.h"

struct config;
struct transfers;

/* The table, and what all calls share. */
struct calls {
    const struct config *config;      /* borrowed */
    struct loop         *loop;        /* borrowed */
    struct transfers    *transfers;   /* borrowed */
    struct backend      *backend;     /* borrowed */
    struct call         *table[1024]; /* by handle */
};

/* A gateway that cancels a request knows that it ends; one whose turn is stopped through another
 * gateway has to be told. */
enum cancel_source { CANCEL_BY_GATEWAY, CANCEL_BY_TURN };

/* The first member of every kind of call. */
struct call {
    struct calls *calls;
    uint64_t      handle;
    struct call  *next; /* in the same bucket */
    char          turn_id[UUID_LEN + 1];
    char          trace[TRACE_MAX + 1];
    uint64_t      began;
    void (*cancel)(struct call *c, enum cancel_source by); /* must end the call */
    void (*resume)(struct call *c); /* the gateway takes chunks again; may be NULL */
};

/* For the kinds of calls: into the table, out of it.  call_end frees c. */
void call_begin(struct call *c, struct calls *calls, const struct backend_request *rq);
void call_end(struct call *c);

void call_report_failure(struct calls *calls, uint64_t handle, const struct upstream_failure *f);
void call_report_cancelled(struct call *c, enum cancel_source by);

/* For the worker.  An unknown handle is ignored: the call has ended meanwhile. */
void call_cancel(struct calls *calls, uint64_t handle);
void call_cancel_turn(struct calls *calls, struct str turn_id);
void call_cancel_all(struct calls *calls);
void call_resume(struct calls *calls, uint64_t handle);

#endif
