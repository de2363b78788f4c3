/* reply - what was decided for a request: a status, headers, and the play that gives the body. */
#ifndef STANDIN_REPLY_H
#define STANDIN_REPLY_H
#include <jansson.h>

#include "play.h"
#include "refusal.h"

#define JSON_TYPE "application/json"

struct reply {
    unsigned     status;
    const char  *type;
    struct play *play;        /* owned; NULL: close without a byte */
    const char  *scenario;    /* NULL: not a completion */
    unsigned     retry_after; /* seconds; 0: no such header */
    uint64_t     reset_ms;    /* since 1970; 0: no X-RateLimit-* */
    bool         is_stream;
};

struct reply reply_bytes(unsigned status, const char *type, struct buf *bytes); /* takes them */
struct reply reply_json(json_t *json);                                          /* 200; takes it */
struct reply reply_refusal(const struct refusal *r);

/* A refusal to somebody with a known key; $model in the message stands for the model. */
struct reply reply_no(unsigned status, const char *message, struct str model);

#endif
