/* backend - the other end of the bus: take requests of all gateways, answer them.
 *
 * A backend dials every gateway it finds under BUS_GATEWAYS, keeps the
 * heartbeat, hands out offers (llm-worker) or a window (filter, store), and
 * finds gateways again that went away.
 *
 * Rule: a request is ended exactly once, with backend_final, backend_error or
 * backend_cancelled, at once or later.  After on_cancel too: whatever it is
 * ended with then goes out as CANCELLED, or nowhere if its gateway is gone. */
#ifndef PROTO_BUS_BACKEND_H
#define PROTO_BUS_BACKEND_H
#include "bus/common/services.h"
#include "loop/resolver.h"

struct backend;

struct backend_options {
    enum service service;
    const char
        *gateways; /* "gateway-bus:5555, 10.0.0.7:5555": names and numbers; default port 5555 */
    const char *secret_key;  /* CURVE, Z85; of this service */
    const char *gateway_key; /* public key of the gateways, Z85 */
    unsigned    window;      /* per gateway; 0 with slots */
    unsigned    slots;       /* in all; 0 with a window */
};

struct backend_request {
    uint64_t   handle; /* names it from now on; never used again in this process */
    uint64_t   number; /* of the message in body */
    struct str body;   /* valid during the call */
    uint64_t   ttl_ms; /* time left; the bus cancels it when that is over */
    struct str trace;
};

struct backend_ops {
    void (*on_request)(void *ctx, const struct backend_request *rq);
    void (*on_cancel)(void *ctx, uint64_t handle);         /* the answer is not wanted any more */
    void (*on_cancel_turn)(void *ctx, struct str turn_id); /* may be NULL */
    void (*on_credit)(void *ctx, uint64_t handle); /* backend_credit grew from 0; may be NULL */
    void (*on_drained)(void *ctx);                 /* after backend_drain, nothing is left */
};

MUST_CHECK enum err backend_open(struct backend **out, struct loop *l, struct resolver *r,
                                 const struct backend_options *o, const struct backend_ops *ops,
                                 void *ctx);
void                backend_close(struct backend **b); /* says BYE */

void backend_final(struct backend *b, uint64_t handle, struct str body);
void backend_error(struct backend *b, uint64_t handle, enum err err, bool retryable,
                   uint64_t retry_after_ms, struct str detail);
/* Only this instance cannot just now: another one may be asked at once. */
void backend_error_local(struct backend *b, uint64_t handle, enum err err, uint64_t retry_after_ms,
                         struct str detail);
void backend_cancelled(struct backend *b, uint64_t handle);

/* Bytes that may still be sent before the gateway says that it took some.  A
 * chunk may overdraw it once; then wait for on_credit. */
uint64_t backend_credit(const struct backend *b, uint64_t handle);
void     backend_chunk(struct backend *b, uint64_t handle, struct str body);

void        backend_drain(struct backend *b); /* nothing new; finish what runs; on_drained */
unsigned    backend_gateways(const struct backend *b);       /* that took us in */
const char *backend_not_ready(const struct backend *b);      /* why no work comes; NULL: it may */
void        backend_update_metrics(const struct backend *b); /* sets the gauges of metrics.def */

#endif
