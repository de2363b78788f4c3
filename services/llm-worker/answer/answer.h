/* answer - the call for llm_answer_request: a conversation goes up, chunks and an end come back.
 *
 * What the bytes mean is decided by answer_state; here it is wired to the bus and to a transfer. */
#ifndef LLM_WORKER_ANSWER_ANSWER_H
#define LLM_WORKER_ANSWER_ANSWER_H
#include "answer/answer_plan.h"
#include "call.h"

void answer_start(struct calls *calls, struct answer_planner *planner,
                  const struct backend_request *rq);

#endif
