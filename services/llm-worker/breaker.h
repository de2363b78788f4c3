/* breaker - leaves a model in peace that fails again and again.
 *
 * Each model has one.  It is closed at first; so many failures within a window,
 * with no success between them, open it.  While it is open nobody need ask.
 * After a rest it is half open: one request may try.  The model's first word
 * closes the breaker, a failure before it opens it for another rest.
 *
 * Only failures of the model or its provider are told here; what is the fault
 * of a key or of our own connection says nothing of the model. */
#ifndef LLM_WORKER_BREAKER_H
#define LLM_WORKER_BREAKER_H
#include "base/err.h"
#include "recent.h"

struct breaker_limits {
    uint64_t failures; /* so many open it; 0: it never opens */
    uint64_t window_ms, rest_ms;
};

struct breaker {
    struct breaker_limits limits;
    struct recent         models;
};

void breaker_init(struct breaker *b, const struct breaker_limits *limits);
void breaker_fini(struct breaker *b);

/* How long not to ask this model, 0: it may be asked. */
uint64_t breaker_wait(struct breaker *b, struct str model, uint64_t now);
enum err breaker_why(struct breaker *b, struct str model); /* the failure that came last */

/* It is asked now; true: as the one that tries.  Whoever tries must tell what
 * came of it: breaker_works, breaker_fails, or breaker_gives_up if that cannot be said. */
bool breaker_ask(struct breaker *b, struct str model, uint64_t now);

void breaker_works(struct breaker *b, struct str model);
void breaker_fails(struct breaker *b, struct str model, enum err err, uint64_t now);
void breaker_gives_up(struct breaker *b, struct str model);

void breaker_count(const struct breaker *b, uint64_t now); /* sets the gauges of metrics.def */

#endif
