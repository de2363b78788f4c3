/* chunk - what one event of a stream, or the whole body of a plain answer, says.
 *
 * Both have one shape: "choices" with a "delta" or a "message".  Every field may
 * be missing, null or of a type nobody expected, and new ones appear without
 * notice, so nothing is required and the rest is ignored. */
#ifndef LLM_WORKER_OPENROUTER_CHUNK_H
#define LLM_WORKER_OPENROUTER_CHUNK_H
#include <stdint.h>

#include <jansson.h>

#include "base/str.h"

struct usage {
    bool     given;
    uint64_t prompt_tokens, completion_tokens;
    double   cost;    /* US dollars, never negative; 0: none, or none named */
    bool     is_byok; /* paid to the provider with the person's own key there */
};

struct chunk {
    json_t       *root;      /* owned; all views point into it or into thought */
    struct buf    thought;   /* owned */
    const json_t *error;     /* look at it first: it may stand beside empty choices; NULL: none */
    struct str    id, model; /* empty: not told */
    struct str    content, reasoning;
    struct str    finish; /* finish_reason; empty: not finished */
    struct str    native; /* native_finish_reason, the provider's own word */
    bool          tool_call;
    struct usage  usage;
};

/* False: not a JSON object; then there is nothing to look at.  chunk_fini always. */
MUST_CHECK bool chunk_read(struct chunk *c, struct str json);
void            chunk_fini(struct chunk *c);

#endif
