/* worker - takes requests from the bus, keeps the table of those in work.
 *
 * Each request in work is a call: an answer (answer.c) or a look-up (lookup.c).
 * The bus names calls by their handle; the table finds them again when it
 * wants one cancelled or has room for more of its pieces.  A call ends itself:
 * it tells the bus, once, and then frees itself with worker_end. */
#ifndef LLM_WORKER_WORKER_H
#define LLM_WORKER_WORKER_H
#include "base/uuid.h"
#include "bus/backend/backend.h"
#include "config.h"
#include "models.h"
#include "plan.h"
#include "transfer.h"
#include "wire/frame.h"

struct worker {
    const struct config *config;
    struct loop         *loop;
    struct transfers    *transfers;
    struct backend      *backend;
    struct admin        *admin_port;
    struct models        models;
    struct planner       planner;
    struct call         *calls[1024]; /* by handle */
    uint64_t             draining_since;
    struct timer         drain_end;
};

/* Whether the gateway that asked knows of the end, or has to be told. */
enum end_by { END_BY_GATEWAY, END_BY_TURN };

/* The beginning of every kind of call. */
struct call {
    struct worker *worker;
    uint64_t       handle;
    struct call   *next; /* of the same place in the table */
    char           turn_id[UUID_LEN + 1];
    char           trace[TRACE_MAX + 1];
    uint64_t       began;
    void (*on_cancel)(struct call *c, enum end_by by); /* must end it */
    void (*on_credit)(struct call *c);
};

MUST_CHECK enum err worker_open(struct worker *w, struct loop *l, struct resolver *r,
                                const struct config *config);
void                worker_close(struct worker *w);
void                worker_drain(struct worker *w); /* finish what runs, then quit the loop */

/* For the kinds of calls. */
void worker_begin(struct worker *w, struct call *c,
                  const struct backend_request *rq); /* into the table */
void worker_end(struct call *c);                     /* out of it; frees c */
void worker_tell_ended(struct call *c, enum end_by by);

#endif
