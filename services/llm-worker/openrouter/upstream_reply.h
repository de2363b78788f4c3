/* upstream_reply - an HTTP reply of the upstream apart from its body. */
#ifndef LLM_WORKER_OPENROUTER_UPSTREAM_REPLY_H
#define LLM_WORKER_OPENROUTER_UPSTREAM_REPLY_H
#include "wire/limits.h"

/* Header values are empty if the header is missing. */
struct upstream_head {
    unsigned status;
    char     type[64]; /* Content-Type */
    char     generation[LIMIT_GENERATION + 1];
    char     retry_after[40];
    char     retry_after_ms[24];
    char     limit_reset[24];
};

enum upstream_end {
    UPSTREAM_WHOLE,
    UPSTREAM_CUT,       /* the connection broke before the end */
    UPSTREAM_UNREACHED, /* there was no connection */
    UPSTREAM_UNTRUSTED, /* its certificate could not be verified */
};

#endif
