/* fit - which part of the talk goes to the model.
 *
 * Whole exchanges (what the person said and what was answered), the newest
 * first, as many as fit; the question itself always. */
#ifndef LLM_WORKER_FIT_H
#define LLM_WORKER_FIT_H
#include "wire/messages.h"

struct fit_limits {
    uint64_t messages; /* at most so many, the question included */
    uint64_t bytes;    /* of text, the question included */
};

/* Index of the oldest message to send; the last one is the question. */
unsigned fit_talk(const struct llm_answer_ask *ask, const struct fit_limits *limits);

#endif
