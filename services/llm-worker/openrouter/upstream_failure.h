/* upstream_failure - what went wrong upstream, prepared for the user and for the gateway's retry.
 *
 * OpenRouter reports errors as an HTTP status with a JSON object or as such an object inside a
 * reply of status 200; when something in front of it fails, there is a page of HTML.  What each
 * means is in upstream_failure_table.c. */
#ifndef LLM_WORKER_OPENROUTER_UPSTREAM_FAILURE_H
#define LLM_WORKER_OPENROUTER_UPSTREAM_FAILURE_H
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "openrouter/error_text.h"
#include "openrouter/upstream_reply.h"
#include "wire/limits.h"

struct upstream_failure {
    enum err err;
    bool     retryable; /* a retry may succeed */
    uint64_t retry_after_ms;
    bool     is_worker_local; /* found by this worker only: another one may be asked at once */
    bool     is_unrelated_to_model;        /* a limit of the account, or no connection */
    bool     is_gone;                      /* the model will not come back */
    char     other_model[LIMIT_MODEL + 1]; /* suggested by the upstream; may be empty */
    unsigned status;                       /* of HTTP or in the body; 0: neither */
    char     detail[ERROR_TEXT_MAX + 1];   /* the upstream's message, cleaned; may be empty */
};

/* An error of our own; detail is a sentence. */
struct upstream_failure upstream_failure_of(enum err err, bool retryable, const char *detail);

/* No reply, or an incomplete one. */
struct upstream_failure upstream_failure_of_end(enum upstream_end end);

/* The value of "error" in a body or an event.  head: of the reply around it. */
struct upstream_failure upstream_failure_of_error(const json_t               *error,
                                                  const struct upstream_head *head, uint64_t wall);

/* A reply that cannot be an answer: its status is not 200, or its body is not a JSON object. */
struct upstream_failure upstream_failure_of_reply(const struct upstream_head *head, struct str body,
                                                  uint64_t wall);

#endif
