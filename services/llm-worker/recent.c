/* A small table, searched from its beginning. */
#include <stdlib.h>
#include <string.h>

#include "recent.h"

void recent_init(struct recent *r, size_t size)
{
    *r = (struct recent){.size = size, .entries = mem_new(RECENT_MAX * size)};
}

void recent_fini(struct recent *r)
{
    free(r->entries);
    *r = (struct recent){0};
}

static struct recent_name *entry_at(const struct recent *r, size_t i)
{
    return (struct recent_name *)(void *)(r->entries + i * r->size);
}

void *recent_find(struct recent *r, struct str model)
{
    for (size_t i = 0; model.len && i < RECENT_MAX; i++) {
        struct recent_name *name = entry_at(r, i);
        if (str_is(model, name->model)) {
            name->used = ++r->uses;
            return name;
        }
    }
    return NULL;
}

void *recent_need(struct recent *r, struct str model)
{
    struct recent_name *found = recent_find(r, model), *oldest = entry_at(r, 0);

    must(model.len > 0 && model.len < sizeof oldest->model);
    if (found)
        return found;
    for (size_t i = 1; i < RECENT_MAX; i++)
        if (entry_at(r, i)->used < oldest->used)
            oldest = entry_at(r, i);
    recent_forget(oldest, r->size);
    memcpy(oldest->model, model.p, model.len);
    oldest->used = ++r->uses;
    return oldest;
}

void recent_forget(void *entry, size_t size)
{
    memset(entry, 0, size);
}
