/* cost - what an answer may have cost.
 *
 * The upstream names a cost, and budgets are kept by it, so it is held against
 * the model's prices: never more than they allow, and nothing for nothing only
 * where the model is free. */
#ifndef LLM_WORKER_COST_H
#define LLM_WORKER_COST_H
#include "openrouter/chunk.h"

struct price { /* US dollars per token, and per request */
    bool   known;
    double prompt, completion, request;
};

struct cost {
    double usd;
    bool   doubtful; /* what was named is not what the prices explain */
    bool   unknown;  /* nothing was named, and it may not be free */
};

bool price_is_free(const struct price *p);

/* margin: so many times the listed price is still believed, for providers of
 * one model differ, and to write into their cache costs extra. */
struct cost cost_check(const struct usage *u, const struct price *p, double margin);

#endif
