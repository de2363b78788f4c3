/* bus - the gateway's end: ask a service, get its answer.
 *
 * The gateway binds one ROUTER; filters, workers and stores dial in.  This
 * module finds a live instance (or a worker's offer), sends, watches over
 * ACCEPT and deadline, fails over, and queues what has to wait.
 *
 * Promise: every question that bus_send took is answered by exactly one end
 * (FINAL or ERROR, at the latest when its ttl is over), after any number of
 * CHUNKs in order, unless bus_cancel came first.  Answers are delivered by the
 * loop, never from inside bus_send. */
#ifndef PROTO_BUS_BUS_H
#define PROTO_BUS_BUS_H
#include "bus/common/services.h"
#include "loop/loop.h"

struct bus;

struct bus_options {
    const char *bind;       /* an endpoint of libzmq: tcp, a star or an address, the port */
    const char *secret_key; /* CURVE, Z85; of the gateways */
    const char *allow_file; /* see allow.h; read again by bus_reload */
    unsigned    queue_max;  /* waiting questions per service */
    unsigned    heartbeat_ms;
};

/* Ends with ERR_DOWN and one log line if the port is taken, a key is bad, or
 * the self-test finds that a stranger's key gets in. */
MUST_CHECK enum err bus_open(struct bus **out, struct loop *l, const struct bus_options *o);
void                bus_close(struct bus **b);
void bus_reload(struct bus *b); /* reads the allow file again; a revoked key is cut */

enum bus_reply_kind { BUS_REPLY_CHUNK, BUS_REPLY_FINAL, BUS_REPLY_ERROR };

struct bus_reply {
    uint64_t            id; /* of the question */
    enum bus_reply_kind kind;
    struct str          body;           /* CHUNK, FINAL: a message, valid during the call */
    enum err            err;            /* ERROR */
    bool                retryable;      /* ERROR: the person may try again with hope */
    uint64_t            retry_after_ms; /* ERROR */
    struct str          detail; /* ERROR: the other side's own words, cleaned; may be empty */
};

struct bus_request {
    enum service service;
    struct str   body; /* an encoded message; copied */
    uint64_t     ttl_ms;
    struct str   trace;
    void (*on_reply)(void *ctx, const struct bus_reply *a);
    void *ctx;
};

/* ERR_OVERLOADED: the queue is full or the wait would be longer than the ttl;
 * ERR_FILTER_DOWN, ERR_STORE_DOWN, ERR_WORKER_DOWN: nobody has been there for
 * longer than a short grace.  Else ERR_OK, and the answer will come. */
MUST_CHECK enum err bus_send(struct bus *b, const struct bus_request *q, uint64_t *id);

/* What bus_send would say to one more question now: to refuse work before
 * anything is spent on it. */
enum err bus_would_accept(const struct bus *b, enum service s, uint64_t ttl_ms);

/* Nobody wants the answer any more: cancels it at the backend; nothing more
 * is delivered for it.  An id that has ended is ignored. */
void bus_cancel(struct bus *b, uint64_t id);

/* Tells every llm-worker to stop this turn, wherever it was asked from. */
void bus_cancel_turn(struct bus *b, struct str turn_id);

/* So many body bytes of its chunks were passed on: lets more of them come.
 * At most 64 KiB are under way unacknowledged. */
void bus_credit(struct bus *b, uint64_t id, uint64_t bytes);

unsigned bus_queue_position(const struct bus *b,
                            uint64_t          id); /* in its queue, from 1; 0: being worked on */
uint64_t bus_retry_in_ms(const struct bus *b,
                         uint64_t          id); /* until it is asked again; 0: no rest */
unsigned bus_instances(const struct bus *b, enum service s); /* live and not draining */
void     bus_update_metrics(const struct bus *b);            /* sets the gauges of metrics.def */
bool     bus_is_idle(const struct bus *b);                   /* no question open */

#endif
