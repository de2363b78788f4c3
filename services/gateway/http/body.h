/* body - reads untrusted JSON from the body of a request.
 *
 * It must be one complete object in valid UTF-8 without duplicate keys, nothing
 * after it, and without U+0000, which Postgres and C strings cannot hold.
 * Unknown keys are ignored, so that a newer page can use an older gateway. */
#ifndef GATEWAY_BODY_H
#define GATEWAY_BODY_H
#include <jansson.h>

#include "base/uuid.h"

/* Call once, before any JSON is read: makes jansson wipe what it frees, which may be an API key. */
void body_init(void);

/* NULL and a sentence in why if the body is invalid.  An empty body is {}. */
json_t *body_parse(struct str bytes, struct buf *why);

/* Each reads one field.  If it is missing or null, the result is empty, the
 * fallback or 0; if it has another type or exceeds its limit, they return false
 * and a sentence in why. */
MUST_CHECK bool body_text(const json_t *body, const char *key, size_t max, struct str *out,
                          struct buf *why);
MUST_CHECK bool body_uuid(const json_t *body, const char *key, struct uuid *out, struct buf *why);
MUST_CHECK bool body_flag(const json_t *body, const char *key, bool fallback, bool *out,
                          struct buf *why);
/* A whole number from least to most; 0 if it is missing or null. */
MUST_CHECK bool body_number(const json_t *body, const char *key, json_int_t least, json_int_t most,
                            json_int_t *out, struct buf *why);

/* Whether text can be the name of a model: visible ASCII without quotes.  An API key that was
 * pasted into the wrong field is refused, because names are logged. */
bool body_is_model(struct str text);

#endif
