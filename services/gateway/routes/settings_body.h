/* settings_body - reads an OpenRouter key and a model from the body of a request.
 *
 * The key is sealed with the workers' public key as it is read; from then on
 * only its sealed bytes and a hint exist in the gateway. */
#ifndef GATEWAY_SETTINGS_BODY_H
#define GATEWAY_SETTINGS_BODY_H
#include "routes/handler.h"
#include "seal/key.h"
#include "wire/messages.h"

struct settings_body {
    enum key_change key_change;
    struct buf      sealed_key; /* owned */
    char            key_hint[KEY_HINT_SIZE];
    bool            is_key_unusual; /* accepted, but not in the form of an OpenRouter key */
    struct str      model;          /* borrowed from the body */
    bool            has_model;
};

/* False and a sentence in why if a field is malformed. */
MUST_CHECK bool settings_body_read(const struct request_context *c, struct settings_body *s,
                                   struct buf *why);
void            settings_body_fini(struct settings_body *s);

#endif
