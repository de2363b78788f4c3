/* models_cache - the list of models as the page gets it, cached for a minute.
 *
 * All sessions get the same list.  An expired one is still served while no
 * worker answers. */
#ifndef GATEWAY_MODELS_CACHE_H
#define GATEWAY_MODELS_CACHE_H
#include <jansson.h>

#include "wire/messages.h"

struct models_cache {
    json_t  *list; /* owned; NULL: never filled */
    uint64_t expires_at;
};

void models_cache_fini(struct models_cache *m);
void models_cache_fill(struct models_cache *m, const struct models_list_reply *reply);
bool models_cache_is_fresh(const struct models_cache *m);

#endif
