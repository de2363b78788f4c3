/* tokens - how many tokens a text will be, as learned from what was billed.
 *
 * Every model cuts text in its own way, and none tells how before it is asked.
 * So each begins at a token for four bytes, usual for English, and moves a
 * little towards every answer's count.  It is counted in bytes, because one
 * character of Chinese is about as many tokens as three of English. */
#ifndef LLM_WORKER_TOKENS_H
#define LLM_WORKER_TOKENS_H
#include "recent.h"

#define TOKENS_PER_MESSAGE 4 /* what chat templates put around each */

struct tokens {
    struct recent models;
};

void tokens_init(struct tokens *t);
void tokens_fini(struct tokens *t);

double tokens_per_byte(struct tokens *t, struct str model);

/* The upstream counted so many tokens for a request of so many bytes of text. */
void tokens_learn(struct tokens *t, struct str model, uint64_t bytes, uint64_t messages,
                  uint64_t counted);

#endif
