/* gateway_parts - what the files of gateway_core share; nobody else includes it.
 *
 *   gateway_core.c      what happens, handed to the part it concerns
 *   gateway_conns.c     the backends that dialled in, from READY to their death
 *   gateway_asks.c      the questions, from being taken to the one end
 *   gateway_attempts.c  requests at backends: sent, watched, answered, cancelled
 *   gateway_match.c     brings waiting questions and free places together
 *   gateway_count.c     what all of this comes to just now, for the metrics
 *
 * Who points at whom: a desk lists the conns of its service, the offers they
 * made and the asks that wait; a conn lists its offers and attempts; an attempt
 * knows its conn, and its ask as long as that wants it. */
#ifndef PROTO_BUS_GATEWAY_PARTS_H
#define PROTO_BUS_GATEWAY_PARTS_H
#include "bus/common/id_table.h"
#include "bus/common/prng.h"
#include "bus/common/protocol.h"
#include "bus/common/queue.h"
#include "bus/common/retry_budget.h"
#include "bus/gateway/gateway_core.h"
#include "wire/limits.h"

#define CONNS_MAX       1024
#define WINDOW_MAX      1024 /* more than that is not used of a window */
#define SLOTS_MAX       1024 /* offers kept of one backend */
#define TRIES_MAX       3    /* of one question that may fail */
#define ATTEMPTS_MAX    200  /* of one question, those that were told BUSY included */
#define BUSY_PAUSE_MS   100  /* who said BUSY is left alone for this long */
#define AWAY_GRACE_MS   5000 /* so long a question waits for a service to come back */
#define STALL_MS        200  /* between two ticks: this process could not run */
#define CANCEL_AGAIN_MS 1000
#define LINK_LINE_MS    500 /* a line about a link in so long */
#define LINK_LINES      200 /* unless there were few: so many at once */

/* A free slot lent by a worker with OFFER: good for one REQUEST. */
struct loan {
    uint64_t     id;
    struct conn *conn;
    TAILQ_ENTRY(loan) in_conn, in_desk;
};

/* A backend that said READY on a connection. */
struct conn {
    uint64_t     route;
    enum service service;
    char         instance[LIMIT_ID + 1];
    char         key[KEY_LEN + 1];
    uint64_t     boot;
    unsigned     window, slots;
    uint64_t     heard, told; /* when the last frame came, and went */
    bool         doubted;     /* left a REQUEST without ACCEPT; until its next frame */
    bool         draining;
    uint64_t     full_until;     /* it said BUSY */
    uint64_t     last_offer;     /* numbers only grow: one that does not came twice */
    uint64_t     load_elsewhere; /* requests it works on for other gateways, as it last said */
    unsigned     attempt_count, loan_count;
    TAILQ_HEAD(, attempt) attempts;
    TAILQ_HEAD(, loan) loans;
    TAILQ_ENTRY(conn) in_desk;
};

/* A REQUEST at a backend.  It outlives its ask when that ends early, until the
 * backend confirms that its place is free again. */
struct attempt {
    struct conn *conn;
    struct ask  *ask; /* NULL: cancelled */
    uint64_t     id, number;
    uint64_t     accept_by; /* 0: it was accepted */
    uint64_t     cancel_at; /* cancelled: when to say so again */
    TAILQ_ENTRY(attempt) in_conn;
};

/* A question that has not ended. */
struct ask {
    struct waiter   waiter; /* first, so that one becomes the other */
    uint64_t        id;
    enum service    service;
    struct buf      body; /* owned */
    char            trace[TRACE_MAX + 1];
    uint64_t        deadline;
    uint64_t        rest_until; /* not asked again before; 0: not resting */
    struct attempt *attempt;    /* NULL: waits or rests */
    unsigned        attempts, tries;
    uint64_t        tried[TRIES_MAX]; /* routes where it failed */
    uint64_t        chunks, bytes;    /* delivered */
    uint64_t        taken, credited;  /* of these bytes: passed on, and told so */
    TAILQ_ENTRY(ask) in_all;
};

/* All about one service. */
struct desk {
    TAILQ_HEAD(, conn) conns;
    TAILQ_HEAD(, loan) loans; /* oldest first */
    struct queue        queue;
    struct retry_budget budget;
    uint64_t            there_at; /* when an instance was last there */
    unsigned            demand;   /* queued questions that the workers know of */
};

struct gateway_core {
    struct gateway_core_options options;
    uint64_t                    ticked;
    bool                        stalled; /* at the last tick */
    struct prng                 dice;
    uint64_t                    last_id;
    struct desk                 desks[SERVICE_COUNT];
    unsigned                    conn_count, ask_count;
    TAILQ_HEAD(, ask) asks;
    struct id_table by_route, by_id, attempts;
    struct outbox   out;
    uint64_t        refused_at;  /* when a refused READY was last logged */
    uint64_t        lines_until; /* lines about links are paid for until then */
    unsigned        lines_left_out;
};

/* How an attempt failed, and what to tell the person if that was the last. */
struct failure {
    enum err   err;
    bool       retryable;
    bool       here; /* only one instance says so: another one need not rest */
    uint64_t   retry_after_ms;
    struct str detail;
};

/* ---- gateway_conns.c ---- */

struct conn *conn_find(const struct gateway_core *g, uint64_t route);
bool         conn_is_live(const struct gateway_core *g, const struct conn *c, uint64_t now);
void conn_ready(struct gateway_core *g, uint64_t now, const struct sender *from, struct str body);
void conn_ping(struct gateway_core *g, uint64_t now, struct conn *c, struct str body);
void conn_drain(struct gateway_core *g, struct conn *c);
void conn_end(struct gateway_core *g, uint64_t now, struct conn *c, const char *why);
void conns_tick(struct gateway_core *g, uint64_t now);

void conn_send(struct gateway_core *g, uint64_t now, struct conn *c, struct frame f);
void conn_pong(struct gateway_core *g, uint64_t now, struct conn *c);
void conn_demand(struct gateway_core *g, uint64_t now, struct conn *c);
void send_who(struct gateway_core *g, uint64_t route);

void loan_take_in(struct gateway_core *g, struct conn *c, struct str body);
void loan_give_back(struct gateway_core *g, uint64_t now, struct conn *c, struct str body);
void loan_end(struct gateway_core *g, struct loan *l);

/* ---- gateway_attempts.c ---- */

struct attempt *attempt_find(const struct gateway_core *g, uint64_t id, uint64_t number);
void            attempt_start(struct gateway_core *g, uint64_t now, struct ask *a, struct conn *c,
                              uint64_t offer);
void attempt_take(struct gateway_core *g, uint64_t now, struct attempt *t, const struct frame *f);
void attempt_cancel(struct gateway_core *g, uint64_t now, struct attempt *t);
void attempt_check(struct gateway_core *g, uint64_t now, struct attempt *t);

/* All of a conn: it begins afresh, it is gone, time has passed. */
void attempts_recall(struct gateway_core *g, uint64_t now, struct conn *c);
void attempts_lost(struct gateway_core *g, uint64_t now, struct conn *c);
void attempts_tick(struct gateway_core *g, uint64_t now, struct conn *c);

/* ---- gateway_asks.c: an ask without an attempt goes on, or ends ---- */

void ask_final(struct gateway_core *g, struct ask *a, struct str body);
void ask_end(struct gateway_core *g, struct ask *a, const struct failure *why);
void ask_timeout(struct gateway_core *g, uint64_t now, struct ask *a); /* cancels an attempt */

/* The backend at route failed: another one, if that is still allowed. */
void ask_move_on(struct gateway_core *g, uint64_t now, struct ask *a, uint64_t route,
                 const struct failure *why);
/* The backend at route says that it did not work out. */
void ask_error(struct gateway_core *g, uint64_t now, struct ask *a, uint64_t route,
               const struct failure *said);
/* Nothing was done with it: back into the line, at no cost. */
void ask_again(struct gateway_core *g, uint64_t now, struct ask *a);
void asks_tick(struct gateway_core *g, uint64_t now);

/* ---- gateway_match.c ---- */

bool match_has_another(struct gateway_core *g, uint64_t now, const struct ask *a); /* not tried */
void match_all(struct gateway_core *g, uint64_t now);
void match_tick(struct gateway_core *g, uint64_t now);

#endif
