/* Attributes are named by OpenTelemetry's conventions for generative AI.  A value that is not known
 * is left out: a zero would claim that it is. */
#include <string.h>

#include "answer/answer_metrics.h"
#include "base/metrics.h"

static double seconds(uint64_t ms)
{
    return (double)ms / 1000;
}

/* The model produced something; the text of a refusal does not count. */
static bool has_answered(const struct answer_state *s)
{
    return s->has_first_token && (s->text_len || s->reasoning_len || *s->finish);
}

/* ---- metrics ---- */

static void count_complete(const struct answer_state *s, const char *model, uint64_t ms)
{
    uint64_t generating_ms = ms > s->first_token_ms ? ms - s->first_token_ms : 0;

    metric_observe_for(METRIC_ANSWER_TIME, model, NULL, seconds(ms));
    if (generating_ms && s->usage.given)
        metric_observe_for(METRIC_ANSWER_PACE, model, NULL,
                           (double)s->usage.completion_tokens / seconds(generating_ms));
}

/* No cost was reported, and the model was or may have been at work: the case in which the session's
 * budget keeps what was reserved. */
static bool may_have_cost(const struct answer_end *e)
{
    enum err err = e->state->phase == ANSWER_FAILED ? e->state->failure.err : ERR_OK;

    return e->cost.unknown && (!err || answer_state_has_output(e->state) ||
                               err == ERR_UPSTREAM_TIMEOUT || err == ERR_UPSTREAM_TRUNCATED);
}

/* For incomplete answers too: an upstream may report usage and then break off. */
static void count_usage(const struct answer_end *e, const char *model)
{
    const struct usage *usage = &e->state->usage;

    if (usage->given) {
        metric_add_for(METRIC_TOKENS, model, "prompt", (double)usage->prompt_tokens);
        metric_add_for(METRIC_TOKENS, model, "completion", (double)usage->completion_tokens);
        metric_add_for(METRIC_COST, model, NULL, e->cost.usd);
    }
    metric_add_for(METRIC_COST_UNKNOWN, model, NULL, may_have_cost(e));
}

/* By the model that answered: a name that a client asks for need not exist. */
void answer_metrics_count(const struct answer_end *e)
{
    const struct answer_state *s = e->state;
    const char                *model = *s->model ? s->model : "none";

    metric_add_for(METRIC_ANSWERS, model, e->outcome, 1);
    count_usage(e, model);
    if (has_answered(s))
        metric_observe_for(METRIC_ANSWER_FIRST_TOKEN, model, NULL, seconds(s->first_token_ms));
    if (strcmp(e->outcome, "ok") == 0)
        count_complete(s, model, e->ms);
}

/* ---- spans ---- */

/* The host of a checked address. */
static void host_of(const char *url, char *to, size_t size)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    str_format(to, size, "%.*s", (int)strcspn(host, ":/"), host);
}

void answer_metrics_end_spans(const struct answer_end *e, struct span *client, struct span *server)
{
    const struct answer_state *s = e->state;
    const struct usage        *usage = &s->usage;
    bool is_good = strcmp(e->outcome, "ok") == 0 || strcmp(e->outcome, "cancelled") == 0;
    char host[256];

    host_of(e->config->base_url, host, sizeof host);
    const struct span_field fields[] = {
        FIELD_TEXT("gen_ai.operation.name", "chat"),
        FIELD_TEXT("gen_ai.provider.name", "openrouter"),
        FIELD_TEXT("server.address", host),
        FIELD_TEXT("gen_ai.request.model", e->plan->names[0]),
        FIELD_NUMBER("gen_ai.request.max_tokens", e->config->max_tokens),
        FIELD_REAL("gen_ai.request.temperature", e->config->temperature),
        FIELD_TEXT("gen_ai.response.model", s->model),
        FIELD_TEXT("gen_ai.response.id", s->generation),
        FIELD_LIST("gen_ai.response.finish_reasons", s->finish),
        FIELD_NUMBER_IF(usage->given, "gen_ai.usage.input_tokens", usage->prompt_tokens),
        FIELD_NUMBER_IF(usage->given, "gen_ai.usage.output_tokens", usage->completion_tokens),
        FIELD_NUMBER_IF(s->head.status, "http.response.status_code", s->head.status),
        FIELD_NUMBER_IF(has_answered(s), "chat.first_token_ms", s->first_token_ms),
        FIELD_REAL_IF(!e->cost.unknown, "chat.cost_dollars", e->cost.usd),
        FIELD_TEXT("chat.outcome", e->outcome),
    };
    span_end(client, is_good ? NULL : e->outcome, fields, COUNT_OF(fields));
    span_end(server, is_good ? NULL : e->outcome, NULL, 0);
}
