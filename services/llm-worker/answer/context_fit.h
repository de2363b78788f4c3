/* context_fit - which part of the conversation is sent to the model.
 *
 * The question always, and before it as many of the newest exchanges (a message and its answer) as
 * fit. */
#ifndef LLM_WORKER_ANSWER_CONTEXT_FIT_H
#define LLM_WORKER_ANSWER_CONTEXT_FIT_H
#include "wire/messages.h"

struct context_limits {
    uint64_t messages;     /* at most, the question included */
    uint64_t bytes;        /* of text, the question included */
    uint64_t tokens;       /* that the model reads, the system prompt included */
    uint64_t system_bytes; /* of that prompt */
    double   tokens_per_byte;
};

/* first: the oldest message to send; the last one is the question.  False: the question alone does
 * not fit. */
MUST_CHECK bool context_fit(const struct llm_answer_request *request,
                            const struct context_limits *limits, unsigned *first);

#endif
