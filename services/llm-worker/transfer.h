/* transfer - one HTTP exchange with OpenRouter.
 *
 * Inside libcurl bytes are only put aside; the handlers below are called by the
 * loop afterwards, so they may do anything, end their own transfer too. */
#ifndef LLM_WORKER_TRANSFER_H
#define LLM_WORKER_TRANSFER_H
#include "loop/loop.h"
#include "upstream.h"

struct transfers; /* what all share: idle connections and handles */
struct transfer;

struct transfer_handlers {
    void (*on_head)(void *ctx, const struct reply_head *head); /* once, before any bytes */
    void (*on_bytes)(void *ctx, struct str bytes);
    void (*on_end)(void *ctx, enum reply_end end); /* once, the last; now drop it */
};

/* most: of transfers at once; so many connections are kept for the next ones. */
struct transfers *transfers_new(struct loop *l, const struct upstream *u, unsigned most);
void              transfers_free(struct transfers **ts); /* none may have an owner any more */

/* The request is copied. */
struct transfer *transfer_start(struct transfers *ts, const struct upstream_request *rq,
                                const struct transfer_handlers *handlers, void *ctx);

/* Nothing more should come for now (true), or again (false); what is on its way
 * here may still come, at most some 20 KiB. */
void transfer_hold(struct transfer *t, bool held);

/* Both end it without a further handler.  drop closes the connection at once
 * if the reply is not whole; finish, for an answer that said itself that it is
 * over, gives the end of the reply a second to come so that it can be kept. */
void transfer_drop(struct transfer **t);
void transfer_finish(struct transfer **t);

#endif
