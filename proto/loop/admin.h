/* private - what machines ask of a process, on a port that people cannot reach.
 *
 *   GET /live     200 while the event loop turns; it looks at nothing else, so that
 *                 nobody is killed because somebody else is away
 *   GET /ready    200, or 503 and a line that says why work should go elsewhere
 *   GET /metrics  what metrics.def lists, as Prometheus reads it
 *
 * It stays open until the process ends, so that draining can be watched. */
#ifndef PROTO_LOOP_PRIVATE_H
#define PROTO_LOOP_PRIVATE_H
#include "base/err.h"
#include "loop/loop.h"

struct admin;

struct admin_ops {
    const char *service;
    const char *(*not_ready)(void *ctx); /* why; NULL: it is ready */
    void (*count)(void *ctx);            /* sets the gauges that are told now; may be NULL */
};

/* ERR_DOWN and a log line if the port is taken.  Port 0: there is none, *out is NULL. */
MUST_CHECK enum err admin_open(struct admin **out, struct loop *l, const char *address,
                               unsigned port, const struct admin_ops *ops, void *ctx);
void                admin_close(struct admin **p);

#endif
