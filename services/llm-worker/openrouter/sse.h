/* sse - splits an event stream into its events, however the bytes arrive.
 *
 * The parser of the HTML standard (9.2.6), as far as a client of completions needs it: lines end in
 * LF, CR or CRLF; data lines of one event are joined with LF; comments, other fields and events
 * without data are skipped. */
#ifndef LLM_WORKER_OPENROUTER_SSE_H
#define LLM_WORKER_OPENROUTER_SSE_H
#include "base/str.h"

#define SSE_MAX (256 * 1024) /* bytes of one line and of the data of one event */

enum sse_result { SSE_NOTHING, SSE_EVENT, SSE_TOO_LONG };

struct sse {
    struct buf line; /* not ended yet */
    struct buf data; /* of the event not ended yet, or handed out last */
    bool       has_data;
    bool       handed_out;
    bool       after_cr; /* an LF now belongs to the CR before it */
    bool       begun;    /* past a byte order mark */
    bool       too_long;
};

void sse_fini(struct sse *s); /* a zeroed one is a new one */

/* Takes bytes off the front until an event is complete (its data is valid until the next call) or
 * all are taken (SSE_NOTHING).  After SSE_TOO_LONG nothing else follows. */
enum sse_result sse_next(struct sse *s, struct str *bytes, struct str *data);

/* The body is over: hands out an event whose last line end is missing. */
enum sse_result sse_last(struct sse *s, struct str *data);

#endif
