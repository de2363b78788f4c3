/* reply - what one HTTP reply of the upstream brings besides its body. */
#ifndef LLM_WORKER_OPENROUTER_REPLY_H
#define LLM_WORKER_OPENROUTER_REPLY_H
#include "wire/limits.h"


/* Header values as they came, empty if they did not. */
struct reply_head {
    unsigned status;
    char     type[64]; /* Content-Type */
    char     generation[LIMIT_GENERATION + 1];
    char     retry_after[40];
    char     retry_after_ms[24];
    char     limit_reset[24];
};

enum reply_end {
    REPLY_WHOLE,
    REPLY_CUT,       /* the connection broke before the end */
    REPLY_UNREACHED, /* there was no connection */
    REPLY_UNTRUSTED, /* the other side could not prove who it is */
};

#endif
