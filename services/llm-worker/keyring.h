/* keyring - which OpenRouter key a request is made with. */
#ifndef LLM_WORKER_KEYRING_H
#define LLM_WORKER_KEYRING_H
#include "openrouter/failure.h"
#include "seal/seal.h"

/* Appends the key to out, which the caller ends with seal_wipe: the sealed one,
 * trimmed, or the house's own if sealed is empty.  False: there is none that
 * could be sent, and why says so. */
MUST_CHECK bool keyring_open(const struct seal_ring *ring, struct str house, struct str sealed,
                             struct buf *out, struct failure *why);

#endif
