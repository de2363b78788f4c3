/* breaker - a circuit breaker for each model.
 *
 * It starts closed.  A number of failures within a window, without a success in between, opens it,
 * and the model is not asked for the length of a cooldown.  Then it is half open: one request, the
 * probe, may try.  Its first token closes the breaker; a failure before that opens it for another
 * cooldown.
 *
 * Only failures of the model or its provider are reported here; those of a key or of our own
 * connection say nothing about the model. */
#ifndef LLM_WORKER_ANSWER_BREAKER_H
#define LLM_WORKER_ANSWER_BREAKER_H
#include "answer/model_table.h"
#include "base/err.h"

struct breaker_limits {
    uint64_t failures; /* that open it; 0: it never opens */
    uint64_t window_ms, cooldown_ms;
};

struct breaker {
    struct breaker_limits limits;
    struct model_table    models;
};

void breaker_init(struct breaker *b, const struct breaker_limits *limits);
void breaker_fini(struct breaker *b);

/* How long not to ask this model; 0: it may be asked. */
uint64_t breaker_wait(struct breaker *b, struct str model, uint64_t now);
enum err breaker_last_error(struct breaker *b, struct str model);

/* A request begins; true: it is the probe, whose result must be reported with breaker_succeeded,
 * breaker_failed, or breaker_abandoned if there is none. */
bool breaker_start(struct breaker *b, struct str model, uint64_t now);

void breaker_succeeded(struct breaker *b, struct str model);
void breaker_failed(struct breaker *b, struct str model, enum err err, uint64_t now);
void breaker_abandoned(struct breaker *b, struct str model);

/* Sets the gauges of metrics.def. */
void breaker_update_metrics(const struct breaker *b, uint64_t now);

#endif
