/* plan - what is asked of whom for one answer, and what its end teaches.
 *
 * Here the worker's knowledge comes together: the route of models, the window
 * of the talk that fits the first of them, prices for the cost that is named. */
#ifndef LLM_WORKER_PLAN_H
#define LLM_WORKER_PLAN_H
#include "config.h"
#include "cost.h"
#include "job.h"
#include "models.h"
#include "tokens.h"
#include "wire/limits.h"

struct planner {
    const struct config *config; /* borrowed */
    struct models       *models; /* borrowed */
    struct breaker       breaker;
    struct tokens        tokens;
};

/* What has to be remembered of one request until its end. */
struct plan {
    char names[ROUTE_FALLBACKS_MAX + 1]
              [LIMIT_MODEL + 1]; /* the models asked, the first one first */
    unsigned count;
    uint64_t bytes, messages; /* that were sent */
    bool     tries;           /* for its breaker, and that is still open */
};

void planner_init(struct planner *p, const struct config *c, struct models *m);
void planner_fini(struct planner *p);

/* Appends the request's body to out; false: it is not asked, and why says why. */
MUST_CHECK bool plan_make(struct planner *p, struct plan *plan,
                          const struct llm_answer_request *ask, uint64_t now, struct buf *out,
                          struct failure *why);

/* The model has begun to speak: whoever tries for a breaker need not wait for the end. */
void plan_spoken(struct planner *p, struct plan *plan, struct str answered);

/* Whether what this model says costs nothing, by the list. */
bool plan_is_free(struct planner *p, const struct plan *plan, struct str answered);

/* Every plan that was made ends with one of these. */
void plan_failed(struct planner *p, const struct plan *plan, struct failure *f, uint64_t now);
void plan_worked(struct planner *p, const struct plan *plan, const struct job *j);
void plan_given_up(struct planner *p, const struct plan *plan);

/* What it has cost so far, whole or not. */
struct cost plan_cost(struct planner *p, const struct plan *plan, const struct job *j);

#endif
