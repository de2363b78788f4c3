/* body - JSON that somebody sent us, taken apart without trust.
 *
 * One object, whole, valid UTF-8, every key once, nothing behind it, no U+0000
 * anywhere (Postgres and C texts cannot hold one).  Keys we do not know are
 * skipped, so that a newer page may talk to an older gateway. */
#ifndef GATEWAY_BODY_H
#define GATEWAY_BODY_H
#include <jansson.h>

#include "base/uuid.h"

/* Once, before any JSON: what jansson frees it then also wipes, as it may be a key. */
void body_init(void);

/* NULL and a sentence in why if it is no such thing.  Nothing at all is {}. */
json_t *body_parse(struct str bytes, struct buf *why);

/* Each takes one field.  A missing or null one is empty, false or 0; one of
 * another type or over its limit gives false and a sentence in why. */
MUST_CHECK bool body_text(const json_t *body, const char *key, size_t max, struct str *out,
                          struct buf *why);
MUST_CHECK bool body_uuid(const json_t *body, const char *key, struct uuid *out, struct buf *why);
MUST_CHECK bool body_flag(const json_t *body, const char *key, bool fallback, bool *out,
                          struct buf *why);
/* A whole number from least to most; 0 if it is missing or null. */
MUST_CHECK bool body_number(const json_t *body, const char *key, json_int_t least, json_int_t most,
                            json_int_t *out, struct buf *why);

/* Whether a text can be a model's name: visible ASCII without quotes, and no key that was pasted
 * into the wrong field, for names are logged. */
bool body_is_model(struct str text);

#endif
