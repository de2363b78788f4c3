/* answer_cost - what an answer may have cost.
 *
 * Budgets are charged with the cost that the upstream reports, so it is checked against the model's
 * prices: never more than they allow, and 0 only for a free model. */
#ifndef LLM_WORKER_ANSWER_ANSWER_COST_H
#define LLM_WORKER_ANSWER_ANSWER_COST_H
#include "openrouter/completion.h"
#include "openrouter/price.h"

struct answer_cost {
    double usd;
    bool   implausible; /* the prices do not explain the reported cost */
    bool   unknown;     /* none was reported, and the model may not be free */
};

/* margin: the factor by which the cost may exceed the listed price; providers of one model differ,
 * and writing into their cache costs extra. */
struct answer_cost answer_cost_check(const struct usage *u, const struct price *p, double margin);

#endif
