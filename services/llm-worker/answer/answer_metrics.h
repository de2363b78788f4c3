/* answer_metrics - what the end of an answer adds to the metrics and to its spans. */
#ifndef LLM_WORKER_ANSWER_ANSWER_METRICS_H
#define LLM_WORKER_ANSWER_ANSWER_METRICS_H
#include "answer/answer_plan.h"
#include "base/span.h"

struct answer_end {
    const struct config       *config;
    const struct answer_plan  *plan;
    const struct answer_state *state;
    struct answer_cost         cost;    /* as far as it is known */
    const char                *outcome; /* "ok", "cancelled" or the code of an error */
    uint64_t                   ms;      /* since the answer began */
};

void answer_metrics_count(const struct answer_end *e);

/* client: the request to OpenRouter; server: the request of the gateway. */
void answer_metrics_end_spans(const struct answer_end *e, struct span *client, struct span *server);

#endif
