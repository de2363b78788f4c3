/* backend - a service's end of the bus: receives requests of all gateways and replies.
 *
 * A backend dials every gateway that BUS_GATEWAYS resolves to, keeps the
 * heartbeat, announces a window (filter, store) or makes offers (llm-worker),
 * and reconnects to gateways that were gone.
 *
 * Rule: a request is ended exactly once, with backend_final, backend_error or
 * backend_cancelled, at once or later, also after on_cancel: then any end is
 * sent as CANCELLED, or not at all if its gateway is gone.
 *
 * Handlers are only called by the loop, never from inside one of these functions. */
#ifndef PROTO_BUS_BACKEND_BACKEND_H
#define PROTO_BUS_BACKEND_BACKEND_H
#include "bus/common/services.h"
#include "loop/resolver.h"

struct backend;

struct backend_options {
    enum service service;
    const char  *gateways;    /* see gateways.h */
    const char  *secret_key;  /* CURVE, Z85; of this service */
    const char  *gateway_key; /* public key of the gateways, Z85 */
    unsigned     window;      /* per gateway; 0 with slots */
    unsigned     slots;       /* in all; 0 with a window */
};

struct backend_request {
    uint64_t   handle; /* identifies it from now on; never reused in this process */
    uint64_t   number; /* of the message in body */
    struct str body;   /* valid during the call */
    uint64_t   ttl_ms; /* until the deadline, when the bus cancels it */
    struct str trace;
};

struct backend_ops {
    void (*on_request)(void *ctx, const struct backend_request *rq);
    void (*on_cancel)(void *ctx, uint64_t handle);         /* the result is no longer needed */
    void (*on_cancel_turn)(void *ctx, struct str turn_id); /* may be NULL */
    void (*on_credit)(void *ctx, uint64_t handle); /* backend_credit grew from 0; may be NULL */
    void (*on_drained)(void *ctx); /* after backend_drain, when no request is open */
};

MUST_CHECK enum err backend_open(struct backend **out, struct loop *l, struct resolver *r,
                                 const struct backend_options *o, const struct backend_ops *ops,
                                 void *ctx);
void                backend_close(struct backend **b); /* sends BYE */

void backend_final(struct backend *b, uint64_t handle, struct str body);
void backend_error(struct backend *b, uint64_t handle, enum err err, bool retryable,
                   uint64_t retry_after_ms, struct str detail);
/* Only this instance is affected: the gateway may try another one at once. */
void backend_error_local(struct backend *b, uint64_t handle, enum err err, uint64_t retry_after_ms,
                         struct str detail);
void backend_cancelled(struct backend *b, uint64_t handle);

/* Bytes that may be sent until the gateway grants more.  The last chunk may exceed
 * the credit; after it wait for on_credit. */
uint64_t backend_credit(const struct backend *b, uint64_t handle);
void     backend_chunk(struct backend *b, uint64_t handle, struct str body);

void        backend_drain(struct backend *b); /* refuse new requests, finish the open ones */
unsigned    backend_gateways(const struct backend *b);       /* connected now */
const char *backend_not_ready(const struct backend *b);      /* why it gets no requests, or NULL */
void        backend_update_metrics(const struct backend *b); /* sets the gauges */

#endif
