/* gateway_internal - what the files of gateway_core share; no other file includes it.
 *
 * Each file uses only those above it:
 *
 *   gateway_send.c        encodes frames and puts them into the outbox
 *   gateway_connection.c  the connected backends and their offers
 *   gateway_choose.c      chooses a connection or an offer for a request
 *   gateway_attempt.c     one REQUEST at one backend; reports its outcome
 *   gateway_request.c     decides by the outcome: end, retry, back off
 *   gateway_match.c       assigns queued requests to free capacity
 *   gateway_metrics.c     sets the gauges
 *   gateway_core.c        the public entries and the tick
 *
 * A service pool lists the connections of its service, their offers and the
 * queued requests; a connection lists its offers and attempts; an attempt
 * points to its connection, and to its request until that is cancelled. */
#ifndef PROTO_BUS_GATEWAY_GATEWAY_INTERNAL_H
#define PROTO_BUS_GATEWAY_GATEWAY_INTERNAL_H
#include "bus/common/id_table.h"
#include "bus/common/prng.h"
#include "bus/common/protocol.h"
#include "bus/common/queue.h"
#include "bus/common/retry_budget.h"
#include "bus/gateway/gateway_core.h"
#include "wire/limits.h"
#include "wire/messages.h"

#define CONNECTIONS_MAX      1024
#define WINDOW_MAX           1024 /* a larger window is used up to this */
#define OFFERS_MAX           1024 /* kept of one backend */
#define FAILURES_MAX         3    /* failed attempts of one request */
#define ATTEMPTS_MAX         200  /* of one request, those answered with BUSY included */
#define BUSY_PAUSE_MS        100  /* no REQUEST to a backend that said BUSY for this long */
#define UNAVAILABLE_GRACE_MS 5000 /* requests wait this long for a service without instances */
#define STALL_MS             200  /* a longer gap between ticks: this process did not run */
#define CANCEL_REPEAT_MS     1000
#define LINK_LOG_INTERVAL_MS 500 /* at most one log line per interval about connections, ... */
#define LINK_LOG_BURST       200 /* ... after a burst of this many */

/* A free slot offered by a worker: good for one REQUEST. */
struct gateway_offer {
    uint64_t                   id;
    struct gateway_connection *connection;
    TAILQ_ENTRY(gateway_offer) in_connection, in_pool;
};

/* A backend that sent READY. */
struct gateway_connection {
    uint64_t     route;
    enum service service;
    char         instance[LIMIT_ID + 1];
    char         key[KEY_LEN + 1];
    uint64_t     boot;
    unsigned     window, slots;
    uint64_t     last_received, last_sent; /* when the last frame was */
    bool         suspect; /* did not ACCEPT a REQUEST in time; until its next frame */
    bool         draining;
    uint64_t     busy_until;     /* it said BUSY */
    uint64_t     last_offer;     /* offer ids only grow: any other is a duplicate */
    uint64_t     load_elsewhere; /* requests it works on for other gateways, by its last PING */
    unsigned     attempt_count, offer_count;
    TAILQ_HEAD(, gateway_attempt) attempts;
    TAILQ_HEAD(, gateway_offer) offers;
    TAILQ_ENTRY(gateway_connection) in_pool;
};

/* A REQUEST at a backend.  It outlives a cancelled request until the backend
 * confirms that the capacity is free again. */
struct gateway_attempt {
    struct gateway_connection *connection;
    struct gateway_request    *request; /* NULL: cancelled */
    uint64_t                   id, number;
    uint64_t                   accept_by; /* 0: accepted */
    uint64_t                   cancel_at; /* cancelled: when to repeat CANCEL */
    TAILQ_ENTRY(gateway_attempt) in_connection;
};

/* A request that has not ended. */
struct gateway_request {
    struct queue_entry      entry; /* first, so that one converts to the other */
    uint64_t                id;
    enum service            service;
    struct buf              body; /* owned */
    char                    trace[TRACE_MAX + 1];
    uint64_t                deadline;
    uint64_t                retry_at; /* backing off until then; 0: not backing off */
    struct gateway_attempt *attempt;  /* NULL: queued or backing off */
    unsigned                attempt_count, failures;
    uint64_t                failed_routes[FAILURES_MAX];
    uint64_t                chunks, bytes;       /* delivered */
    uint64_t                consumed, announced; /* bytes of these: by the caller, in a CREDIT */
    TAILQ_ENTRY(gateway_request) in_all;
};

/* Everything about one service. */
struct service_pool {
    TAILQ_HEAD(, gateway_connection) connections;
    TAILQ_HEAD(, gateway_offer) offers; /* oldest first */
    struct queue        queue;
    struct retry_budget budget;
    uint64_t            last_live; /* when an instance was last live */
    unsigned            announced; /* queued requests that the workers know of */
};

struct gateway_core {
    struct gateway_core_options options;
    uint64_t                    last_tick;
    bool                        stalled; /* at the last tick */
    struct prng                 prng;
    uint64_t                    last_id;
    struct service_pool         pools[SERVICE_COUNT];
    unsigned                    connection_count, request_count;
    TAILQ_HEAD(, gateway_request) requests;
    struct id_table by_route, by_id, attempts;
    struct outbox   out;
    uint64_t        refusal_logged_at;
    uint64_t        link_log_until; /* log lines about connections use up time until then */
    unsigned        link_log_suppressed;
};

/* Why an attempt failed; the caller gets it if there is no further attempt. */
struct gateway_failure {
    enum err   err;
    bool       retryable;
    bool       local; /* only one instance is affected: another may be tried at once */
    uint64_t   retry_after_ms;
    struct str detail;
};

/* ---- gateway_send.c ---- */

void gateway_send_who(struct gateway_core *g, uint64_t route);
void gateway_send_welcome(struct gateway_core *g, uint64_t now, struct gateway_connection *c);
void gateway_send_pong(struct gateway_core *g, uint64_t now, struct gateway_connection *c);
void gateway_send_demand(struct gateway_core *g, uint64_t now, struct gateway_connection *c);
void gateway_send_release(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                          uint64_t offer);
void gateway_send_request(struct gateway_core *g, uint64_t now, const struct gateway_attempt *t,
                          uint64_t offer);
void gateway_send_credit(struct gateway_core *g, uint64_t now, const struct gateway_attempt *t);
void gateway_send_cancel(struct gateway_core *g, uint64_t now, const struct gateway_attempt *t);
void gateway_send_cancel_turn(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                              struct str turn_id);

/* ---- gateway_connection.c ---- */

struct gateway_connection *gateway_connection_find(const struct gateway_core *g, uint64_t route);
struct gateway_connection *gateway_connection_find_instance(struct gateway_core *g, enum service s,
                                                            struct str instance);
bool gateway_connection_is_live(const struct gateway_core *g, const struct gateway_connection *c,
                                uint64_t now);
bool gateway_connection_is_dead(const struct gateway_core *g, const struct gateway_connection *c,
                                uint64_t now);
unsigned gateway_connection_count_live(const struct gateway_core *g, uint64_t now, enum service s);

/* Decodes and checks a READY; false: it is refused. */
bool gateway_connection_admit(struct gateway_core *g, const struct sender *from, struct str body,
                              struct ready *out);
/* Starts over a connection that exists. */
struct gateway_connection *gateway_connection_open(struct gateway_core *g, uint64_t now,
                                                   const struct sender *from,
                                                   const struct ready  *r);
void gateway_connection_ping(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                             struct str body);
void gateway_connection_drain(struct gateway_core *g, struct gateway_connection *c);
void gateway_connection_probe(struct gateway_core *g, uint64_t now, struct gateway_connection *c);
/* It has no attempts any more. */
void gateway_connection_end(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                            const char *why);

void gateway_connection_offer(struct gateway_core *g, struct gateway_connection *c,
                              struct str body);
void gateway_connection_revoke(struct gateway_core *g, uint64_t now, struct gateway_connection *c,
                               struct str body);
void gateway_connection_end_offer(struct gateway_core *g, struct gateway_offer *o);

/* ---- gateway_choose.c ---- */

/* Where a request can go now; connection is NULL if there is no free capacity. */
struct gateway_choice {
    struct gateway_connection *connection;
    struct gateway_offer      *offer; /* NULL with a window */
};

struct gateway_choice gateway_choose(struct gateway_core *g, uint64_t now,
                                     const struct gateway_request *r);
/* The choice would be an instance where the request has not failed yet. */
bool gateway_choose_has_alternative(struct gateway_core *g, uint64_t now,
                                    const struct gateway_request *r);

/* ---- gateway_attempt.c ---- */

enum attempt_outcome_kind {
    ATTEMPT_OPEN, /* it goes on, or its request was cancelled: nothing to decide */
    ATTEMPT_FINAL,
    ATTEMPT_ERROR,     /* the backend reported failure */
    ATTEMPT_BUSY,      /* nothing was done */
    ATTEMPT_LOST,      /* the backend failed */
    ATTEMPT_CANCELLED, /* by the backend itself */
};

/* What became of an attempt.  Unless it is open, the request has no attempt now. */
struct attempt_outcome {
    enum attempt_outcome_kind kind;
    struct gateway_request   *request;
    uint64_t                  route;
    struct str                body;    /* FINAL */
    struct gateway_failure    failure; /* not with FINAL */
};

struct gateway_attempt *gateway_attempt_find(const struct gateway_core *g, uint64_t id,
                                             uint64_t number);
void gateway_attempt_start(struct gateway_core *g, uint64_t now, struct gateway_request *r,
                           struct gateway_connection *c, uint64_t offer);
void gateway_attempt_cancel(struct gateway_core *g, uint64_t now, struct gateway_attempt *t);
void gateway_attempt_repeat_cancels(struct gateway_core *g, uint64_t now,
                                    struct gateway_connection *c);

struct attempt_outcome gateway_attempt_frame(struct gateway_core *g, uint64_t now,
                                             struct gateway_attempt *t, const struct frame *f);
struct attempt_outcome gateway_attempt_check_accept(struct gateway_core *g, uint64_t now,
                                                    struct gateway_attempt *t);
/* The backend starts over: it gets CANCEL, and the request moves on. */
struct attempt_outcome gateway_attempt_recall(struct gateway_core *g, uint64_t now,
                                              struct gateway_attempt *t);
struct attempt_outcome gateway_attempt_disconnect(struct gateway_core    *g,
                                                  struct gateway_attempt *t);

/* ---- gateway_request.c ---- */

struct gateway_request *gateway_request_find(const struct gateway_core *g, uint64_t id);
struct gateway_request *gateway_request_of(struct queue_entry *e);
struct gateway_request *gateway_request_new(struct gateway_core *g, uint64_t now, enum service s,
                                            struct str body, uint64_t ttl_ms, struct str trace);
bool gateway_request_is_unavailable(const struct gateway_core *g, uint64_t now, enum service s);
void gateway_request_credit(struct gateway_core *g, uint64_t now, struct gateway_request *r,
                            uint64_t bytes);
void gateway_request_tick(struct gateway_core *g, uint64_t now, struct gateway_request *r);

/* Applies the outcome of an attempt: the request ends, or is queued, or backs off. */
void gateway_request_apply(struct gateway_core *g, uint64_t now, struct attempt_outcome outcome);
/* Takes all attempts off a connection that starts over, or that ends. */
void gateway_request_recall(struct gateway_core *g, uint64_t now, struct gateway_connection *c);
void gateway_request_disconnect(struct gateway_core *g, uint64_t now, struct gateway_connection *c);

/* These end it, and free it. */
void gateway_request_fail(struct gateway_core *g, struct gateway_request *r,
                          const struct gateway_failure *why);
void gateway_request_expire(struct gateway_core *g, uint64_t now, struct gateway_request *r);
void gateway_request_cancel(struct gateway_core *g, uint64_t now, struct gateway_request *r);

/* ---- gateway_match.c ---- */

void gateway_match(struct gateway_core *g, uint64_t now);
void gateway_match_tick(struct gateway_core *g, uint64_t now);

/* ---- gateway_metrics.c ---- */

void gateway_metrics_update(const struct gateway_core *g, uint64_t now);

#endif
