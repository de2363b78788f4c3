/* request - the body of POST /chat/completions.
 *
 * Answers are always streamed: only a stream shows that the model is alive, and only a stream stops
 * costing money when its connection is closed. */
#ifndef LLM_WORKER_OPENROUTER_REQUEST_H
#define LLM_WORKER_OPENROUTER_REQUEST_H
#include "wire/messages.h"

struct request_options {
    const char       *system_prompt;
    const struct str *models; /* the first is asked, the others if it refuses */
    unsigned          model_count;
    uint64_t          max_tokens;
    double            temperature;
    double            top_p; /* 1: not sent */
};

/* first: of the talk's messages, the oldest to send. */
void request_write(const struct request_options *o, const struct llm_answer_request *ask,
                   unsigned first, struct buf *out);

#endif
