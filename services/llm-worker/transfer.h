/* transfer - one HTTP exchange with OpenRouter.
 *
 * Inside libcurl bytes are only put aside; the handlers below are called by the
 * loop afterwards, so they may do anything, end their own transfer too.
 *
 * HTTP/1.1 with kept connections: with HTTP/2 libcurl opens a connection for
 * every request over the server's stream limit anyway, at three times the cost
 * (measured with 7.88). */
#ifndef LLM_WORKER_TRANSFER_H
#define LLM_WORKER_TRANSFER_H
#include "loop/loop.h"
#include "openrouter/reply.h"

struct transfers; /* what all share: idle connections, handles, settings */
struct transfer;

struct transfers_options {
    const char *base_url;
    const char *referer, *title; /* empty: not sent */
    const char *ca_file;         /* empty: the system's */
    uint64_t    connect_ms;
    unsigned    most; /* so many at once need no new connection every time */
};

struct transfer_handlers {
    void (*on_head)(void *ctx, const struct reply_head *head); /* once, before any bytes */
    void (*on_bytes)(void *ctx, struct str bytes);
    void (*on_end)(void *ctx, enum reply_end end); /* once, the last; now drop it */
};

struct transfers *transfers_new(struct loop *l, const struct transfers_options *o);
void              transfers_free(struct transfers **ts); /* none may have an owner any more */

/* path follows the base URL.  key empty: none is sent.  With a body it is a
 * POST that asks for a stream, else a GET.  All is copied. */
struct transfer *transfer_start(struct transfers *ts, const char *path, struct str key,
                                struct str body, const struct transfer_handlers *handlers,
                                void *ctx);

/* Nothing more should come for now (true), or again (false); what is on its way
 * here may still come, at most some 20 KiB. */
void transfer_hold(struct transfer *t, bool held);

/* Both end it without a further handler.  drop closes the connection at once
 * if the reply is not whole; finish, for an answer that said itself that it is
 * over, gives the end of the reply a second to come so that it can be kept. */
void transfer_drop(struct transfer **t);
void transfer_finish(struct transfer **t);

#endif
