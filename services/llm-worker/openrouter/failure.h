/* failure - what went wrong upstream, made ready for the person and for the gateway's retry.
 *
 * OpenRouter reports errors as an HTTP status with a JSON object, as such an
 * object inside a reply of status 200, and, when something in front of it
 * fails, as a page of HTML.  The tables in failure.c say what each means. */
#ifndef LLM_WORKER_OPENROUTER_FAILURE_H
#define LLM_WORKER_OPENROUTER_FAILURE_H
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "openrouter/reply.h"
#include "openrouter/words.h"
#include "wire/limits.h"

struct failure {
    enum err err;
    bool     retryable; /* another try may succeed */
    uint64_t retry_after_ms;
    bool     is_here;          /* only this worker finds so: another one may be asked at once */
    bool     is_elsewhere;     /* not the model's fault: a limit of the key, or no connection */
    bool     is_gone;          /* the model will not come back */
    char     other_model[LIMIT_MODEL + 1]; /* what the other side says to use instead; may be empty */
    unsigned status;           /* as told by HTTP or in the body, 0: neither */
    char     detail[WORDS_MAX + 1]; /* the other side's own words, cleaned; may be empty */
};

/* Our own finding; detail is a whole sentence. */
struct failure failure_of(enum err err, bool retryable, const char *detail);

/* A reply that did not come, or not whole. */
struct failure failure_of_end(enum reply_end end);

/* The value of "error" in a body or chunk.  head: of the reply around it. */
struct failure failure_of_error(const json_t *error, const struct reply_head *head, uint64_t wall);

/* A reply that cannot be an answer: its status is not 200, or its body no JSON object. */
struct failure failure_of_reply(const struct reply_head *head, struct str body, uint64_t wall);

#endif
