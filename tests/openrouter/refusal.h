/* refusal - an error before anything else was sent: a status, headers and one JSON object. */
#ifndef STANDIN_REFUSAL_H
#define STANDIN_REFUSAL_H
#include <stdint.h>

#include "base/str.h"

struct refusal {
    unsigned    status;
    const char *message;      /* $model is replaced by the model's name */
    const char *metadata;     /* JSON object with $model, or NULL */
    const char *availability; /* the same */
    struct str  model;
    uint64_t    reset_ms; /* since 1970, for X-RateLimit-Reset; 0: not sent */
    bool        is_known; /* the key is known, so the error has a user_id */
};

void refusal_add(struct buf *out, const struct refusal *r);

#define USER_ID "user_2standinstandinstandinstand"

#endif
