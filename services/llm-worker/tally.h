/* tally - what the end of an answer adds to the metrics, and what its span tells. */
#ifndef LLM_WORKER_TALLY_H
#define LLM_WORKER_TALLY_H
#include "base/span.h"
#include "plan.h"

/* cost: as far as it is known; outcome: ok, cancelled or the code of an error; ms: since the answer
 * was begun; asked: the call of OpenRouter, ended here. */
void tally_answer(const struct config *c, const struct job *j, const struct plan *plan,
                  const struct cost *cost, const char *outcome, uint64_t ms, struct span *asked);

#endif
