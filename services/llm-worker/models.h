/* models - keeps the catalogue fresh.
 *
 * The list is loaded when it is first wanted, for an answer or for somebody who
 * asked, and again in the background from then on.  While a load runs, or the
 * upstream is away, the old list serves. */
#ifndef LLM_WORKER_MODELS_H
#define LLM_WORKER_MODELS_H
#include "catalogue.h"
#include "loop/loop.h"
#include "openrouter/failure.h"
#include "transfer.h"

struct models_options {
    uint64_t refresh_ms; /* 0: loaded only when somebody asks for the list */
    uint64_t limit_ms;   /* for one load */
};

/* Somebody who waits for the first list. */
struct models_waiter {
    struct models_waiter *next, **link;                      /* link NULL: does not wait */
    void (*on_models)(void *ctx, const struct failure *why); /* NULL: it is there */
    void *ctx;
};

struct models {
    struct loop          *loop;      /* borrowed */
    struct transfers     *transfers; /* borrowed */
    struct models_options options;
    struct catalogue      catalogue;
    struct transfer      *transfer; /* NULL: no load runs */
    struct reply_head     head;
    struct buf            body;
    struct timer          limit, next; /* of the load that runs; until the next */
    struct models_waiter *waiters;
};

void models_init(struct models *m, struct loop *l, struct transfers *ts,
                 const struct models_options *o);
void models_fini(struct models *m); /* nobody may wait any more */

/* What is known now; sees to it that it will be more the next time. */
const struct catalogue *models_know(struct models *m);

/* Somebody asks for the list itself: calls on_models once, at once or later. */
void models_ask(struct models *m, struct models_waiter *w);
void models_forget(struct models_waiter *w);

#endif
