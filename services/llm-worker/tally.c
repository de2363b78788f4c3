/* Names of attributes are those of OpenTelemetry's conventions for generative AI.  What was not
 * told is left out: a zero would say that it was. */
#include <string.h>

#include "base/metrics.h"
#include "tally.h"

static double seconds(uint64_t ms)
{
    return (double)ms / 1000;
}

/* The model itself gave a sign; the text of a refusal is none. */
static bool has_answered(const struct job *j)
{
    return j->has_sign && (j->text_len || j->reasoning_len || *j->finish);
}

static void count_whole(const struct job *j, const char *model, uint64_t ms)
{
    uint64_t speaking = ms > j->first_ms ? ms - j->first_ms : 0;

    metric_observe_for(METRIC_ANSWER_TIME, model, NULL, seconds(ms));
    if (speaking && j->usage.given)
        metric_observe_for(METRIC_ANSWER_PACE, model, NULL,
                           (double)j->usage.completion_tokens / seconds(speaking));
}

/* Nobody said what it cost, and the model was or may have been at work: what a gateway lets the
 * session's budget pay the reserve for. */
static bool may_have_cost(const struct job *j, const struct cost *cost)
{
    enum err err = j->state == JOB_FAILED ? j->failure.err : ERR_OK;

    return cost->unknown && (!err || job_has_spoken(j) || err == ERR_UPSTREAM_TIMEOUT ||
                             err == ERR_UPSTREAM_TRUNCATED);
}

/* Of every answer, whole or not: an upstream that breaks off may have told its bill. */
static void count_bill(const struct job *j, const char *model, const struct cost *cost)
{
    if (j->usage.given) {
        metric_add_for(METRIC_TOKENS, model, "prompt", (double)j->usage.prompt_tokens);
        metric_add_for(METRIC_TOKENS, model, "completion", (double)j->usage.completion_tokens);
        metric_add_for(METRIC_COST, model, NULL, cost->usd);
    }
    metric_add_for(METRIC_COST_UNKNOWN, model, NULL, may_have_cost(j, cost));
}

/* By the model that answered: what people ask for need not be the name of one. */
static void count(const struct job *j, const struct cost *cost, const char *outcome, uint64_t ms)
{
    const char *model = *j->model ? j->model : "none";

    metric_add_for(METRIC_ANSWERS, model, outcome, 1);
    count_bill(j, model, cost);
    if (has_answered(j))
        metric_observe_for(METRIC_ANSWER_FIRST_TOKEN, model, NULL, seconds(j->first_ms));
    if (strcmp(outcome, "ok") == 0)
        count_whole(j, model, ms);
}

/* The host of a checked address. */
static void host_of(const char *url, char *to, size_t size)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    str_format(to, size, "%.*s", (int)strcspn(host, ":/"), host);
}

static void end_span(const struct config *c, const struct job *j, const struct plan *plan,
                     const struct cost *cost, const char *outcome, struct span *asked)
{
    char host[256];
    bool is_good = strcmp(outcome, "ok") == 0 || strcmp(outcome, "cancelled") == 0;

    host_of(c->base_url, host, sizeof host);
    const struct span_field fields[] = {
        FIELD_TEXT("gen_ai.operation.name", "chat"),
        FIELD_TEXT("gen_ai.provider.name", "openrouter"),
        FIELD_TEXT("server.address", host),
        FIELD_TEXT("gen_ai.request.model", plan->names[0]),
        FIELD_NUMBER("gen_ai.request.max_tokens", c->max_tokens),
        FIELD_REAL("gen_ai.request.temperature", c->temperature),
        FIELD_TEXT("gen_ai.response.model", j->model),
        FIELD_TEXT("gen_ai.response.id", j->generation),
        FIELD_LIST("gen_ai.response.finish_reasons", j->finish),
        FIELD_NUMBER_IF(j->usage.given, "gen_ai.usage.input_tokens", j->usage.prompt_tokens),
        FIELD_NUMBER_IF(j->usage.given, "gen_ai.usage.output_tokens", j->usage.completion_tokens),
        FIELD_NUMBER_IF(j->head.status, "http.response.status_code", j->head.status),
        FIELD_NUMBER_IF(has_answered(j), "chat.first_sign_ms", j->first_ms),
        FIELD_REAL_IF(!cost->unknown, "chat.cost_dollars", cost->usd),
        FIELD_TEXT("chat.outcome", outcome),
    };
    span_end(asked, is_good ? NULL : outcome, fields, COUNT_OF(fields));
}

void tally_answer(const struct config *c, const struct job *j, const struct plan *plan,
                  const struct cost *cost, const char *outcome, uint64_t ms, struct span *asked)
{
    count(j, cost, outcome, ms);
    end_span(c, j, plan, cost, outcome, asked);
}
