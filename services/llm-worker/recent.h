/* recent - what is known of each model, for the models spoken of lately.
 *
 * Anybody may name a model, so the table is bounded: the entry that was not
 * asked for longest makes room for a new one.  An entry is a struct of the
 * caller's that begins with a struct recent_name; a new one is zeroed. */
#ifndef LLM_WORKER_RECENT_H
#define LLM_WORKER_RECENT_H
#include <stdint.h>

#include "base/str.h"
#include "wire/limits.h"

#define RECENT_MAX 256

struct recent_name {
    char     model[LIMIT_MODEL + 1]; /* empty: a free place */
    uint64_t used;
};

struct recent {
    size_t   size; /* of an entry */
    uint64_t uses;
    char    *entries; /* owned */
};

void recent_init(struct recent *r, size_t size);
void recent_fini(struct recent *r);

void *recent_find(struct recent *r, struct str model); /* NULL: nothing is known */
void *recent_need(struct recent *r, struct str model);
void  recent_forget(void *entry, size_t size);

#endif
