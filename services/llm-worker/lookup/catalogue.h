/* catalogue - OpenRouter's list of models, as it was last loaded. */
#ifndef LLM_WORKER_LOOKUP_CATALOGUE_H
#define LLM_WORKER_LOOKUP_CATALOGUE_H
#include "openrouter/price.h"
#include "wire/messages.h"

struct catalogue {
    bool                     known; /* it was loaded at least once */
    struct buf               bytes; /* the list as a message */
    struct models_list_reply list;  /* points into bytes */
};

void catalogue_fini(struct catalogue *c); /* a zeroed one is a new one */

/* Reads the body of GET /models; false: it is not a list, and the old one stays. */
MUST_CHECK bool catalogue_load(struct catalogue *c, struct str body, uint64_t wall);

uint64_t catalogue_context(const struct catalogue *c, struct str id); /* tokens; 0: not listed */
struct price catalogue_price(const struct catalogue *c, struct str id);

/* A free model other than this one; empty: none is known. */
struct str catalogue_free_model(const struct catalogue *c, struct str except);

#endif
