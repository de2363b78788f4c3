/* Three tables, from the general to the specific. */
#include <string.h>

#include "openrouter/upstream_failure_table.h"

static const struct {
    unsigned status;
    enum err err;
    bool     retryable;
} statuses[] = {
    {401, ERR_UPSTREAM_KEY, false},
    {402, ERR_UPSTREAM_CREDIT, false},
    {404, ERR_UPSTREAM_MODEL, false},
    {408, ERR_UPSTREAM_TIMEOUT, true},
    {413, ERR_UPSTREAM_CONTEXT_LENGTH, false},
    {429, ERR_UPSTREAM_RATE_LIMITED, true},
    {504, ERR_UPSTREAM_TIMEOUT, true},
    {524, ERR_UPSTREAM_TIMEOUT, true},
};

static const struct upstream_failure_name names[] = {
    {"context_length_exceeded", 400, ERR_UPSTREAM_CONTEXT_LENGTH},
    {"max_tokens_exceeded", 400, ERR_OK},
    {"token_limit_exceeded", 400, ERR_UPSTREAM_CONTEXT_LENGTH},
    {"string_too_long", 400, ERR_UPSTREAM_CONTEXT_LENGTH},
    {"invalid_request", 400, ERR_OK},
    {"invalid_request_error", 400, ERR_OK},
    {"invalid_prompt", 400, ERR_OK},
    {"content_policy_violation", 400, ERR_UPSTREAM_MODERATED},
    {"refusal", 400, ERR_UPSTREAM_MODERATED},
    {"unsupported_value", 400, ERR_OK},
    {"wrong_endpoint", 400, ERR_OK},
    {"authentication", 401, ERR_OK},
    {"payment_required", 402, ERR_OK},
    {"permission_denied", 403, ERR_OK},
    {"region_restricted", 403, ERR_OK},
    {"model_not_found", 404, ERR_UPSTREAM_MODEL},
    {"not_found", 404, ERR_OK},
    {"no_endpoints", 404, ERR_UPSTREAM_MODEL},
    {"model_deprecated", 404, ERR_UPSTREAM_MODEL},
    {"model_unavailable_upstream", 404, ERR_UPSTREAM_MODEL},
    {"free_variant_ended", 404, ERR_UPSTREAM_MODEL},
    {"privacy_restricted", 404, ERR_UPSTREAM_PRIVACY},
    {"constraint_filtered", 404, ERR_UPSTREAM_MODEL},
    {"timeout", 408, ERR_OK},
    {"precondition_failed", 412, ERR_OK},
    {"payload_too_large", 413, ERR_OK},
    {"unprocessable", 422, ERR_OK},
    {"rate_limit_exceeded", 429, ERR_OK},
    {"capacity_exhausted", 429, ERR_OK},
    {"server", 500, ERR_OK},
    {"server_error", 500, ERR_OK},
    {"unmapped", 500, ERR_OK},
    {"provider_unavailable", 502, ERR_OK},
    {"provider_overloaded", 503, ERR_OK},
    {"temporarily_unavailable", 503, ERR_OK},
};

/* Parts of messages that say more than their status.  None of these errors is worth a retry. */
static const struct {
    unsigned    status;
    const char *part;
    enum err    err;
} messages[] = {
    {400, "not a valid model", ERR_UPSTREAM_MODEL},
    {400, "context length", ERR_UPSTREAM_CONTEXT_LENGTH},
    {400, "token limit", ERR_UPSTREAM_CONTEXT_LENGTH},
    {403, "key limit", ERR_UPSTREAM_CREDIT},
    {403, "moderation", ERR_UPSTREAM_MODERATED},
    {403, "flagged", ERR_UPSTREAM_MODERATED},
    {403, "request blocked", ERR_UPSTREAM_MODERATED},
    {404, "data policy", ERR_UPSTREAM_PRIVACY},
    {429, "per-day", ERR_UPSTREAM_DAILY_LIMIT},
};

const struct upstream_failure_name *upstream_failure_table_find(const char *name)
{
    for (unsigned i = 0; name && i < COUNT_OF(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return &names[i];
    return NULL;
}

void upstream_failure_table_status(struct upstream_failure *f, unsigned status)
{
    f->status = status;
    f->err = status >= 400 && status < 500 ? ERR_UPSTREAM_REFUSED : ERR_UPSTREAM_ERROR;
    f->retryable = status == 0 || status >= 500;
    for (unsigned i = 0; i < COUNT_OF(statuses); i++) {
        if (statuses[i].status == status) {
            f->err = statuses[i].err;
            f->retryable = statuses[i].retryable;
        }
    }
}

void upstream_failure_table_message(struct upstream_failure *f, const char *message)
{
    for (unsigned i = 0; i < COUNT_OF(messages); i++) {
        if (messages[i].status == f->status && strcasestr(message, messages[i].part)) {
            f->err = messages[i].err;
            f->retryable = false;
        }
    }
}
