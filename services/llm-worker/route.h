/* route - which models are asked, and in which order.
 *
 * The person's own first, then those of the house, which OpenRouter tries when
 * the ones before refuse.  A model whose breaker is open goes to the end. */
#ifndef LLM_WORKER_ROUTE_H
#define LLM_WORKER_ROUTE_H
#include "breaker.h"

#define ROUTE_FALLBACKS_MAX 3 /* OpenRouter refuses a longer list */

struct route {
    struct str models[ROUTE_FALLBACKS_MAX + 1]; /* borrowed; none twice */
    unsigned   count;
    uint64_t   wait_ms; /* not 0: all of them are open, at least for so long */
};

/* Whether it can be a model's name: 1 to 128 characters of visible ASCII, and no key. */
bool route_is_name(struct str model);

/* A comma list of models, or "none"; false: too many, or one is no name. */
MUST_CHECK bool route_read(struct route *fallbacks, struct str list);

void route_choose(struct route *r, struct str own, const struct route *fallbacks, struct breaker *b,
                  uint64_t now);

/* Whether an answer in this name came from the first one.  A router answers in
 * another's name, and a dated version has another name of the same author. */
bool route_is_first(const struct route *r, struct str answered);

#endif
