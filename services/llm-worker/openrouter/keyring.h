/* keyring - which OpenRouter key a request uses. */
#ifndef LLM_WORKER_OPENROUTER_KEYRING_H
#define LLM_WORKER_OPENROUTER_KEYRING_H
#include "openrouter/upstream_failure.h"
#include "seal/seal.h"

/* Appends the key to out, which the caller wipes with seal_wipe: the user's, opened and trimmed, or
 * the operator's if sealed is empty.  False: there is none that could be sent, for the reason in
 * why. */
MUST_CHECK bool keyring_open(const struct seal_ring *ring, struct str operator_key,
                             struct str sealed, struct buf *out, struct upstream_failure *why);

#endif
