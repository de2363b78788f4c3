/* model_list - keeps the catalogue of models fresh.
 *
 * The list is loaded when it is first needed, for an answer or for somebody who asks for it, and
 * reloaded in the background from then on.  While a load runs, or after one failed, the old list is
 * served. */
#ifndef LLM_WORKER_LOOKUP_MODEL_LIST_H
#define LLM_WORKER_LOOKUP_MODEL_LIST_H
#include "lookup/catalogue.h"
#include "lookup/fetch.h"

/* One who asked for the list. */
struct model_list_waiter {
    struct model_list_waiter *next, **link;                           /* link NULL: not queued */
    void (*on_models)(void *ctx, const struct upstream_failure *why); /* why NULL: it is there */
    void                   *ctx;
    struct deferred_call    reply;
    bool                    has_failed;
    struct upstream_failure why; /* if has_failed */
};

struct model_list {
    struct loop              *loop;       /* borrowed */
    struct transfers         *transfers;  /* borrowed */
    uint64_t                  refresh_ms; /* 0: loaded only when somebody asks for the list */
    uint64_t                  timeout_ms; /* for one load */
    struct catalogue          catalogue;
    struct fetch              fetch;
    struct timer              refresh; /* until the next load */
    struct model_list_waiter *waiters; /* for the load that runs */
};

void model_list_init(struct model_list *m, struct loop *l, struct transfers *ts,
                     uint64_t refresh_ms, uint64_t timeout_ms);
void model_list_fini(struct model_list *m); /* nobody may wait any more */

/* What is known now; starts a load if nothing is. */
const struct catalogue *model_list_current(struct model_list *m);

/* The loop calls on_models once, unless model_list_cancel comes first. */
void model_list_wait(struct model_list *m, struct model_list_waiter *w);
void model_list_cancel(struct model_list_waiter *w);

#endif
