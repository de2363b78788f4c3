/* token_estimate - how many tokens a text will have, as learned from reported usage.
 *
 * Every model has its own tokenizer, which we do not have.  So each model starts at one token per
 * four bytes, usual for English, and moves a little towards the count of every answer.  The unit is
 * bytes, because one character of Chinese has about as many tokens as three of English. */
#ifndef LLM_WORKER_ANSWER_TOKEN_ESTIMATE_H
#define LLM_WORKER_ANSWER_TOKEN_ESTIMATE_H
#include "answer/model_table.h"

#define TOKEN_ESTIMATE_PER_MESSAGE 4 /* that chat templates add */

struct token_estimate {
    struct model_table models;
};

void token_estimate_init(struct token_estimate *t);
void token_estimate_fini(struct token_estimate *t);

double token_estimate_per_byte(struct token_estimate *t, struct str model);

/* The upstream counted `counted` tokens for a request of so many bytes of text. */
void token_estimate_learn(struct token_estimate *t, struct str model, uint64_t bytes,
                          uint64_t messages, uint64_t counted);

#endif
