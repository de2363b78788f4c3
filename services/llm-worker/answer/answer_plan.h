/* answer_plan - which models are asked for one answer, with which request, and what is learned from
 * the result.
 *
 * It combines the order of models, the part of the conversation that fits the first of them, and
 * the prices against which the reported cost is checked. */
#ifndef LLM_WORKER_ANSWER_ANSWER_PLAN_H
#define LLM_WORKER_ANSWER_ANSWER_PLAN_H
#include "answer/answer_cost.h"
#include "answer/answer_state.h"
#include "answer/breaker.h"
#include "answer/model_route.h"
#include "answer/token_estimate.h"
#include "config.h"
#include "lookup/model_list.h"
#include "wire/limits.h"

struct answer_planner {
    const struct config  *config; /* borrowed */
    struct model_list    *models; /* borrowed */
    struct breaker        breaker;
    struct token_estimate tokens;
};

/* Kept from the request until its end.  Not to be copied: the route points into names. */
struct answer_plan {
    struct model_route route;
    char               names[MODEL_ROUTE_FALLBACKS_MAX + 1][LIMIT_MODEL + 1];
    uint64_t           bytes, messages; /* that were sent */
    bool               is_probe;        /* for the half-open breaker of the first model */
};

void answer_planner_init(struct answer_planner *p, const struct config *c, struct model_list *m);
void answer_planner_fini(struct answer_planner *p);

/* Appends the request's body to out; false: no request is made, for the reason in why. */
MUST_CHECK bool answer_plan_make(struct answer_planner *p, struct answer_plan *plan,
                                 const struct llm_answer_request *request, uint64_t now,
                                 struct buf *out, struct upstream_failure *why);

/* The first token came: a probe has its result and need not wait for the end. */
void answer_plan_first_token(struct answer_planner *p, struct answer_plan *plan,
                             struct str answered);

/* Whether this model is free according to the list. */
bool answer_plan_is_free(struct answer_planner *p, const struct answer_plan *plan,
                         struct str answered);

/* Every plan that was made ends with one of these.  A failure may get a better text. */
void answer_plan_failed(struct answer_planner *p, const struct answer_plan *plan,
                        struct upstream_failure *f, uint64_t now);
void answer_plan_succeeded(struct answer_planner *p, const struct answer_plan *plan,
                           const struct answer_state *s);
void answer_plan_abandon(struct answer_planner *p, const struct answer_plan *plan);

/* The cost so far; the answer may be incomplete. */
struct answer_cost answer_plan_cost(struct answer_planner *p, const struct answer_plan *plan,
                                    const struct answer_state *s);

#endif
