/* completion_request - the body of POST /chat/completions.
 *
 * It always asks for a stream: only a stream shows that the model is alive, and only a stream stops
 * costing when its connection is closed. */
#ifndef LLM_WORKER_OPENROUTER_COMPLETION_REQUEST_H
#define LLM_WORKER_OPENROUTER_COMPLETION_REQUEST_H
#include "wire/messages.h"

struct completion_options {
    const char       *system_prompt;
    const struct str *models; /* the others are tried if the first refuses */
    unsigned          model_count;
    uint64_t          max_tokens;
    double            temperature;
    double            top_p; /* 1: not sent */
};

/* first: the oldest message of the context to send. */
void completion_request_write(const struct completion_options *o,
                              const struct llm_answer_request *request, unsigned first,
                              struct buf *out);

#endif
