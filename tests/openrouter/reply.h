/* reply - the decision for a request: a status, headers, and the playback that makes the body. */
#ifndef STANDIN_REPLY_H
#define STANDIN_REPLY_H
#include <jansson.h>

#include "playback.h"
#include "refusal.h"

#define JSON_TYPE "application/json"

struct reply {
    unsigned         status;
    const char      *type;
    struct playback *playback;    /* owned; NULL: close without sending a byte */
    const char      *scenario;    /* NULL: not a completion */
    unsigned         retry_after; /* seconds; 0: no such header */
    uint64_t         reset_ms;    /* since 1970; 0: no X-RateLimit-* */
    bool             is_stream;
};

struct reply reply_bytes(unsigned status, const char *type, struct buf *bytes); /* takes them */
struct reply reply_json(json_t *json);                                          /* 200; takes it */
struct reply reply_refusal(const struct refusal *r);

/* A refusal of a request with a known key; $model in the message is replaced by the model. */
struct reply reply_refuse(unsigned status, const char *message, struct str model);

#endif
