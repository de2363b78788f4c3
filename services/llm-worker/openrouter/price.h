/* price - what a model costs, as OpenRouter lists it. */
#ifndef LLM_WORKER_OPENROUTER_PRICE_H
#define LLM_WORKER_OPENROUTER_PRICE_H
#include <stdbool.h>

struct price { /* US dollars per token, and per request */
    bool   known;
    double prompt, completion, request;
};

bool price_is_free(const struct price *p); /* an unknown one is not */

#endif
