/* upstream_failure_table - what OpenRouter's statuses, error names and messages mean. */
#ifndef LLM_WORKER_OPENROUTER_UPSTREAM_FAILURE_TABLE_H
#define LLM_WORKER_OPENROUTER_UPSTREAM_FAILURE_TABLE_H
#include "openrouter/upstream_failure.h"

/* A name that errors carry in "error_type", "code" or "type". */
struct upstream_failure_name {
    const char *name;
    unsigned    status;
    enum err    err; /* ERR_OK: as the status says */
};

/* NULL: unknown, or name is NULL. */
const struct upstream_failure_name *upstream_failure_table_find(const char *name);

/* Set err and retryable, by the status alone and then by the words of the message. */
void upstream_failure_table_status(struct upstream_failure *f, unsigned status);
void upstream_failure_table_message(struct upstream_failure *f, const char *message);

#endif
