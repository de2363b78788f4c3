/* admin - the admin port: probes and metrics, not reachable by users.
 *
 *   GET /live     200 as long as the event loop runs; it checks no other service, so that no
 *                 process is restarted because another one is unavailable
 *   GET /ready    200, or 503 and one line with the reason
 *   GET /metrics  all metrics, in the Prometheus text format
 *
 * It stays open until the process ends, so that draining can be observed. */
#ifndef PROTO_LOOP_ADMIN_H
#define PROTO_LOOP_ADMIN_H
#include "base/err.h"
#include "loop/loop.h"

struct admin;

struct admin_ops {
    const char *service;
    const char *(*not_ready)(void *ctx); /* the reason; NULL: ready */
    void (*count)(void *ctx);            /* updates gauges before they are printed; may be NULL */
};

/* ERR_DOWN and a log line if it cannot listen. Port 0: no admin port, *out is NULL. */
MUST_CHECK enum err admin_open(struct admin **out, struct loop *l, const char *address,
                               unsigned port, const struct admin_ops *ops, void *ctx);
void                admin_close(struct admin **p);

#endif
