/* model_table - a record for each of the models used recently.
 *
 * Clients may name any model, so the table is bounded: a new entry replaces the least recently used
 * one.  An entry is a struct of the caller's whose first member is a struct model_table_key; a new
 * one is zeroed. */
#ifndef LLM_WORKER_ANSWER_MODEL_TABLE_H
#define LLM_WORKER_ANSWER_MODEL_TABLE_H
#include <stdint.h>

#include "base/str.h"
#include "wire/limits.h"

#define MODEL_TABLE_MAX 256

struct model_table_key {
    char     model[LIMIT_MODEL + 1]; /* empty: a free entry */
    uint64_t used;
};

struct model_table {
    size_t   size; /* of an entry */
    uint64_t uses;
    char    *entries; /* owned */
};

void model_table_init(struct model_table *t, size_t size);
void model_table_fini(struct model_table *t);

void *model_table_find(struct model_table *t, struct str model); /* NULL: no entry */
void *model_table_need(struct model_table *t, struct str model);
void  model_table_clear(void *entry, size_t size);

#endif
