/* completion - one event of a stream, or the whole body of a reply that is not a stream.
 *
 * Both have the same shape: "choices" with a "delta" or a "message".  Every field may be missing,
 * null or of an unexpected type, and new ones appear without notice, so no field is required and
 * unknown ones are ignored. */
#ifndef LLM_WORKER_OPENROUTER_COMPLETION_H
#define LLM_WORKER_OPENROUTER_COMPLETION_H
#include <stdint.h>

#include <jansson.h>

#include "base/str.h"

struct usage {
    bool     given;
    uint64_t prompt_tokens, completion_tokens;
    double   cost;    /* US dollars, never negative; 0: none, or not reported */
    bool     is_byok; /* billed by the provider to the user's own key there */
};

struct completion {
    json_t       *root;      /* owned; all views point into it or into details */
    struct buf    details;   /* owned; reasoning_details joined */
    const json_t *error;     /* NULL: none.  Check it first: it may stand beside empty choices */
    struct str    id, model; /* empty: missing */
    struct str    content, reasoning;
    struct str    finish;        /* finish_reason; empty: not finished */
    struct str    native_finish; /* native_finish_reason, in the provider's terms */
    bool          tool_call;
    struct usage  usage;
};

/* False: not a JSON object.  completion_fini is due either way. */
MUST_CHECK bool completion_read(struct completion *c, struct str json);
void            completion_fini(struct completion *c);

#endif
