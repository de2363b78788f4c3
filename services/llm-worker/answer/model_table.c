/* A small table with linear search. */
#include <stdlib.h>
#include <string.h>

#include "answer/model_table.h"

void model_table_init(struct model_table *t, size_t size)
{
    *t = (struct model_table){.size = size, .entries = mem_new(MODEL_TABLE_MAX * size)};
}

void model_table_fini(struct model_table *t)
{
    free(t->entries);
    *t = (struct model_table){0};
}

static struct model_table_key *entry_at(const struct model_table *t, size_t i)
{
    return (struct model_table_key *)(void *)(t->entries + i * t->size);
}

void *model_table_find(struct model_table *t, struct str model)
{
    for (size_t i = 0; model.len && i < MODEL_TABLE_MAX; i++) {
        struct model_table_key *key = entry_at(t, i);
        if (str_is(model, key->model)) {
            key->used = ++t->uses;
            return key;
        }
    }
    return NULL;
}

void *model_table_need(struct model_table *t, struct str model)
{
    struct model_table_key *found = model_table_find(t, model), *oldest = entry_at(t, 0);

    must(model.len > 0 && model.len < sizeof oldest->model);
    if (found)
        return found;
    for (size_t i = 1; i < MODEL_TABLE_MAX; i++)
        if (entry_at(t, i)->used < oldest->used)
            oldest = entry_at(t, i);
    model_table_clear(oldest, t->size);
    memcpy(oldest->model, model.p, model.len);
    oldest->used = ++t->uses;
    return oldest;
}

void model_table_clear(void *entry, size_t size)
{
    memset(entry, 0, size);
}
