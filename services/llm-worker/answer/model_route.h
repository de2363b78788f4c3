/* model_route - which models are asked, and in which order.
 *
 * First the one the user chose, then the configured fallbacks, which OpenRouter tries when the
 * models before them refuse.  A model whose breaker is open moves to the end. */
#ifndef LLM_WORKER_ANSWER_MODEL_ROUTE_H
#define LLM_WORKER_ANSWER_MODEL_ROUTE_H
#include "answer/breaker.h"

#define MODEL_ROUTE_FALLBACKS_MAX 3 /* OpenRouter rejects a longer list */

struct model_route {
    struct str models[MODEL_ROUTE_FALLBACKS_MAX + 1]; /* borrowed; no duplicates */
    unsigned   count;
    uint64_t   wait_ms; /* not 0: all breakers are open, for at least this long */
};

/* 1 to 128 characters of visible ASCII, and not an API key. */
bool model_route_is_name(struct str model);

/* A comma-separated list of models, or "none"; false: too many, or a bad name. */
MUST_CHECK bool model_route_read(struct model_route *fallbacks, struct str list);

void model_route_choose(struct model_route *r, struct str wanted,
                        const struct model_route *fallbacks, struct breaker *b, uint64_t now);

/* Whether an answer of this model came from the first one of the route.  A router such as
 * openrouter/free answers with the name of the model it chose, and a dated version has a different
 * name of the same author. */
bool model_route_is_first(const struct model_route *r, struct str answered);

#endif
