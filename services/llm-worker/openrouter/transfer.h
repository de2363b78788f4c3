/* transfer - one HTTP exchange with OpenRouter.
 *
 * Inside libcurl's callbacks bytes are only buffered; the loop calls the handlers below afterwards,
 * so they may do anything, including ending their own transfer. */
#ifndef LLM_WORKER_OPENROUTER_TRANSFER_H
#define LLM_WORKER_OPENROUTER_TRANSFER_H
#include "loop/loop.h"
#include "openrouter/upstream.h"

struct transfers; /* what they share: idle connections and handles */
struct transfer;

struct transfer_handlers {
    void (*on_head)(void *ctx, const struct upstream_head *head); /* once, before any bytes */
    void (*on_bytes)(void *ctx, struct str bytes);
    void (*on_end)(void *ctx, enum upstream_end end); /* once, last; drop the transfer now */
};

/* max: number of transfers at once, and of connections kept for reuse. */
struct transfers *transfers_new(struct loop *l, const struct upstream *u, unsigned max);
void transfers_free(struct transfers **ts); /* no transfer may have handlers any more */

/* The request is copied. */
struct transfer *transfer_start(struct transfers *ts, const struct upstream_request *rq,
                                const struct transfer_handlers *handlers, void *ctx);

/* Stops (true) or resumes (false) reading.  Up to about 20 KiB that were read before still arrive.
 */
void transfer_pause(struct transfer *t, bool paused);

/* Both end the transfer; no handler is called any more.  transfer_drop closes the connection at
 * once unless the reply is complete.  transfer_finish is for a stream that marked its end: it gives
 * the end of the reply a second to arrive, so that the connection can be reused. */
void transfer_drop(struct transfer **t);
void transfer_finish(struct transfer **t);

#endif
