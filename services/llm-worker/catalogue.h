/* catalogue - the upstream's list of models, as last heard. */
#ifndef LLM_WORKER_CATALOGUE_H
#define LLM_WORKER_CATALOGUE_H
#include "cost.h"
#include "wire/messages.h"

struct catalogue {
    bool                     known; /* it was read at least once */
    struct buf               bytes; /* the list as a message */
    struct models_list_reply list;  /* points into bytes */
};

void catalogue_fini(struct catalogue *c); /* a zeroed one is a new one */

/* Takes the body of GET /models; false: it is no list, and the old one stays. */
MUST_CHECK bool catalogue_take(struct catalogue *c, struct str body, uint64_t wall);

/* NULL: not listed.  A variant such as ":nitro" that has no line of its own
 * counts as its model. */
const struct model *catalogue_find(const struct catalogue *c, struct str id);

uint64_t     catalogue_context(const struct catalogue *c, struct str id); /* 0: not told */
struct price catalogue_price(const struct catalogue *c, struct str id);

/* A model that costs nothing and is not this one; empty: none is known. */
struct str catalogue_free_one(const struct catalogue *c, struct str but);

#endif
