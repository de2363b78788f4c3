/* bus - the gateway's end of the bus: sends requests to services and delivers the replies.
 *
 * The gateway binds one ROUTER; filters, workers and stores connect to it.  This
 * module chooses a live instance (or a worker's offer), sends the request, enforces
 * ACCEPT and deadline, fails over, and queues requests while there is no capacity.
 *
 * Promise: every request that bus_send accepted ends exactly once (FINAL or ERROR,
 * at the latest when its ttl is over), after any number of CHUNKs in order, unless
 * bus_cancel came first.  Replies are delivered by the loop, never from inside one
 * of these functions. */
#ifndef PROTO_BUS_GATEWAY_BUS_H
#define PROTO_BUS_GATEWAY_BUS_H
#include "bus/common/services.h"
#include "loop/loop.h"

struct bus;

struct bus_options {
    const char *bind; /* endpoint of libzmq, like tcp://ADDRESS:PORT; the address may be a star */
    const char *secret_key; /* CURVE, Z85; shared by all gateways */
    const char *allow_file; /* see allow.h; read again by bus_reload */
    unsigned    queue_max;  /* queued requests per service */
    unsigned    heartbeat_ms;
};

/* ERR_DOWN, after one log event, if the port is taken, a key is invalid, or the
 * self-test finds that an unknown key can connect. */
MUST_CHECK enum err bus_open(struct bus **out, struct loop *l, const struct bus_options *o);
void                bus_close(struct bus **b);
void bus_reload(struct bus *b); /* rereads the allow file; connections with a revoked key end */

enum bus_reply_kind { BUS_REPLY_CHUNK, BUS_REPLY_FINAL, BUS_REPLY_ERROR };

struct bus_reply {
    uint64_t            id; /* of the request */
    enum bus_reply_kind kind;
    struct str          body;           /* CHUNK, FINAL: a message, valid during the call */
    enum err            err;            /* ERROR */
    bool                retryable;      /* ERROR: another try may succeed */
    uint64_t            retry_after_ms; /* ERROR */
    struct str          detail;         /* ERROR: the peer's explanation, sanitized; may be empty */
};

struct bus_request {
    enum service service;
    struct str   body; /* an encoded message; copied */
    uint64_t     ttl_ms;
    struct str   trace;
    void (*on_reply)(void *ctx, const struct bus_reply *reply);
    void *ctx;
};

/* ERR_OVERLOADED: the queue is full or the wait would exceed the ttl.
 * ERR_FILTER_DOWN, ERR_STORE_DOWN, ERR_WORKER_DOWN: no instance was available for
 * longer than a grace period.  ERR_OK: the request will end as promised above. */
MUST_CHECK enum err bus_send(struct bus *b, const struct bus_request *request, uint64_t *id);

/* What bus_send would return now, to refuse work before spending anything on it. */
enum err bus_would_accept(const struct bus *b, enum service s, uint64_t ttl_ms);

/* Cancels the request, at its backend too; nothing more is delivered for it.  The
 * id of an ended request is ignored. */
void bus_cancel(struct bus *b, uint64_t id);

/* Tells every llm-worker to stop this turn, whichever gateway requested it. */
void bus_cancel_turn(struct bus *b, struct str turn_id);

/* Acknowledges body bytes of its chunks, so that the backend may send more.  At most
 * 64 KiB are unacknowledged. */
void bus_credit(struct bus *b, uint64_t id, uint64_t bytes);

unsigned bus_queue_position(const struct bus *b,
                            uint64_t          id); /* in its queue, from 1; 0: not queued */
uint64_t bus_retry_in_ms(const struct bus *b,
                         uint64_t          id); /* until it is sent again; 0: not backing off */
unsigned bus_instances(const struct bus *b, enum service s); /* live and not draining */
void     bus_update_metrics(const struct bus *b);            /* sets the gauges */
bool     bus_is_idle(const struct bus *b);                   /* no request is open */

#endif
