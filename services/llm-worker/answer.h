/* answer - llm_answer_request: a talk goes up, pieces and an end come back.
 *
 * The thinking is done by job; here it is wired to the bus and to a transfer. */
#ifndef LLM_WORKER_ANSWER_H
#define LLM_WORKER_ANSWER_H
#include "worker.h"

void answer_start(struct worker *w, const struct backend_request *rq);

#endif
