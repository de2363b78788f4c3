/* reply - what goes back: JSON, and errors in their one form.
 *
 *   {"error":{"code":"off_topic","message":"...","retry_after":12,"turn_id":"...","text":"..."}}
 *
 * message is a sentence for the person; text is their own message, back for the
 * input box; what does not apply is left out. */
#ifndef GATEWAY_REPLY_H
#define GATEWAY_REPLY_H
#include <jansson.h>

#include "base/err.h"
#include "loop/http.h"

struct reply_failure {
    enum err   err;
    struct str said;           /* what to say instead of the error's own sentence; may be empty */
    struct str detail;         /* what to say behind it, in brackets; may be empty */
    uint64_t   retry_after_ms; /* 0: not told; then a 503 says 2 s */
    struct str turn_id, text;  /* may be empty */
};

/* The fields every reply carries. */
extern const struct http_field reply_common[];
extern const unsigned          reply_common_count, reply_common_count_tls;

void reply_json(struct http_request *rq, unsigned status, json_t *body); /* takes body */
void reply_json_with(struct http_request *rq, unsigned status, json_t *body,
                     const struct http_field *more); /* one field more */
void reply_failure(struct http_request *rq, const struct reply_failure *f);
void reply_error(struct http_request *rq, enum err err);

/* The sentence of a failure, and whole seconds to wait before trying again, 0: not told. */
void     reply_failure_message(const struct reply_failure *f, struct buf *out);
uint64_t reply_failure_seconds(const struct reply_failure *f);
uint64_t reply_seconds(uint64_t ms); /* rounded up */

/* Whether trying again as it was has hope, by the error alone. */
bool reply_is_temporary(enum err err);

json_t *reply_string(struct str text); /* a string; text is valid UTF-8 */
json_t *reply_time(uint64_t at);       /* ISO 8601 in UTC */
json_t *reply_usage(uint64_t prompt_tokens, uint64_t completion_tokens, double cost);
json_t *reply_budget(uint64_t has_budget, double left); /* null: there is none */

#endif
