/* reply - replies with JSON, and with errors in one form.
 *
 *   {"error":{"code":"off_topic","message":"...","retry_after":12,"turn_id":"...","text":"..."}}
 *
 * message is a sentence for the user; text is the message that was sent, for the
 * input box; fields that do not apply are left out. */
#ifndef GATEWAY_REPLY_H
#define GATEWAY_REPLY_H
#include <jansson.h>

#include "base/err.h"
#include "loop/http.h"

struct reply_failure {
    enum err   err;
    struct str said;           /* replaces the error's own sentence; may be empty */
    struct str detail;         /* added in brackets; may be empty */
    uint64_t   retry_after_ms; /* 0: unknown; a 503 then says 2 s */
    struct str turn_id, text;  /* may be empty */
};

/* The header fields of every reply. */
extern const struct http_field reply_common[];
extern const unsigned          reply_common_count, reply_common_count_tls;

void reply_json(struct http_request *rq, unsigned status, json_t *body); /* takes body */
void reply_json_with(struct http_request *rq, unsigned status, json_t *body,
                     const struct http_field *more); /* one field more */
void reply_failure(struct http_request *rq, const struct reply_failure *f);
void reply_error(struct http_request *rq, enum err err);

/* The sentence of a failure, and the seconds to wait before trying again; 0: unknown. */
void     reply_failure_message(const struct reply_failure *f, struct buf *out);
uint64_t reply_failure_seconds(const struct reply_failure *f);
uint64_t reply_seconds(uint64_t ms); /* rounded up */

/* Whether the same request may succeed later, judging by the error alone. */
bool reply_is_temporary(enum err err);

json_t *reply_string(struct str text); /* a string; text is valid UTF-8 */
json_t *reply_time(uint64_t at);       /* ISO 8601 in UTC */
json_t *reply_usage(uint64_t prompt_tokens, uint64_t completion_tokens, double cost);
json_t *reply_budget(uint64_t has_budget, double left); /* null: there is no budget */

#endif
