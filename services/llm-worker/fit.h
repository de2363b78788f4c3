/* fit - which part of the talk goes to the model.
 *
 * Whole exchanges (what the person said and what was answered), the newest
 * first, as many as fit; the question itself always. */
#ifndef LLM_WORKER_FIT_H
#define LLM_WORKER_FIT_H
#include "wire/messages.h"

struct fit_limits {
    uint64_t messages;     /* at most so many, the question included */
    uint64_t bytes;        /* of text, the question included */
    uint64_t tokens;       /* that the model reads, the system prompt included */
    uint64_t system_bytes; /* of that prompt */
    double   tokens_per_byte;
};

/* The oldest message to send; the last one is the question.  False: the model
 * cannot even read that one. */
MUST_CHECK bool fit_talk(const struct llm_answer_request *ask, const struct fit_limits *limits,
                         unsigned *first);

#endif
