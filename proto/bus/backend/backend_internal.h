/* backend_internal - what the files of backend_core share; no other file includes it.
 *
 * Each file uses only those above it:
 *
 *   backend_send.c      encodes frames and puts them into the outbox
 *   backend_slot.c      free slots, offered to the gateway that needs them most
 *   backend_request.c   the requests in work, from REQUEST to their one end
 *   backend_link.c      the links to gateways, from WHO over WELCOME to their loss
 *   backend_core.c      the public entries and the tick */
#ifndef PROTO_BUS_BACKEND_BACKEND_INTERNAL_H
#define PROTO_BUS_BACKEND_BACKEND_INTERNAL_H
#include <sys/queue.h>

#include "bus/backend/backend_core.h"
#include "bus/common/id_table.h"
#include "bus/common/prng.h"
#include "bus/common/protocol.h"
#include "wire/messages.h"

#define FIRST_HEARTBEAT_MS 1000 /* until WELCOME names another */
#define LOST_MS            1000 /* an offer or a RELEASE overdue by this much is lost */
#define RECENT_MAX         64   /* ended requests of a gateway that are remembered */
#define OFFERS_DEFAULT     256  /* open at one gateway: a socket's queue is bounded */

enum link_state {
    LINK_SILENT,    /* no gateway there, or no reply yet */
    LINK_DUPLICATE, /* another link leads to the same gateway */
    LINK_READY,     /* READY was sent */
    LINK_UP,        /* WELCOME was received */
};

struct backend_link {
    uint64_t        id;
    enum link_state state;
    uint64_t        epoch; /* of the gateway, from its last WHO */
    uint64_t        heartbeat_ms;
    uint64_t        last_received, last_ping;
    unsigned        request_count;
    unsigned        offered;            /* offers open there, revoked or not */
    unsigned        waiting;            /* requests queued there that no offer is on its way to */
    uint64_t        waiting_since;      /* of the oldest of them */
    uint64_t        low_priority_until; /* it left offers unused: others come first */
    struct {
        uint64_t id, attempt;
    } recent[RECENT_MAX]; /* a ring */
    unsigned recent_at;
    TAILQ_HEAD(, request_in_work) requests;
    TAILQ_ENTRY(backend_link) in_all;
};

enum slot_state { SLOT_FREE, SLOT_OFFERED, SLOT_REVOKED, SLOT_TAKEN };

struct backend_slot {
    enum slot_state      state;
    struct backend_link *link;  /* OFFERED, REVOKED: to whom */
    uint64_t             offer; /* its id */
    uint64_t             since; /* of the state */
};

/* backend_request is what the service sees of it. */
struct request_in_work {
    uint64_t             handle;
    uint64_t             id, attempt;
    struct backend_link *link; /* NULL: the link was lost */
    struct backend_slot *slot; /* NULL: it came by a window */
    uint64_t             deadline;
    bool                 cancelled;
    uint64_t             chunks, sent, acknowledged; /* the last two in bytes */
    TAILQ_ENTRY(request_in_work) in_link, in_all;
};

struct backend_core {
    struct backend_core_options options;
    uint64_t                    last_tick;
    bool                        draining, drained;
    uint64_t                    last_handle, last_offer;
    TAILQ_HEAD(, backend_link) links;
    TAILQ_HEAD(, request_in_work) requests;
    struct id_table      by_id, by_handle;
    struct backend_slot *slots;       /* owned */
    struct backend_link *last_served; /* got the last offer without demand */
    struct outbox        out;
};

/* ---- backend_send.c ---- */

void backend_send_ready(struct backend_core *b, struct backend_link *l);
void backend_send_ping(struct backend_core *b, struct backend_link *l, uint64_t free);
void backend_send_offer(struct backend_core *b, struct backend_link *l, uint64_t offer);
void backend_send_revoke(struct backend_core *b, struct backend_link *l, uint64_t offer);
void backend_send_drain(struct backend_core *b, struct backend_link *l);
void backend_send_bye(struct backend_core *b, struct backend_link *l);

void backend_send_accept(struct backend_core *b, struct backend_link *l, uint64_t id,
                         uint64_t attempt);
void backend_send_busy(struct backend_core *b, struct backend_link *l, uint64_t id,
                       uint64_t attempt);
void backend_send_cancelled(struct backend_core *b, struct backend_link *l, uint64_t id,
                            uint64_t attempt);
/* CHUNK, FINAL or ERROR. */
void backend_send_reply(struct backend_core *b, const struct request_in_work *rq, uint64_t type,
                        struct str body);

/* ---- backend_slot.c ---- */

struct backend_slot *backend_slot_take(struct backend_core *b, struct backend_link *l,
                                       uint64_t offer); /* NULL: not offered there */
void backend_slot_refill(struct backend_core *b, uint64_t now, const struct backend_link *l);
void backend_slot_release(struct backend_core *b, uint64_t now, struct backend_slot *s);
void backend_slot_recover(struct backend_core *b, const struct backend_link *l); /* it was lost */
void backend_slot_offer(struct backend_core *b, uint64_t now);                   /* all free ones */
void backend_slot_on_demand(struct backend_core *b, uint64_t now, struct backend_link *l,
                            uint64_t queued, uint64_t oldest_ms);
void backend_slot_on_release(struct backend_core *b, uint64_t now, struct backend_link *l,
                             uint64_t offer);
void backend_slot_tick(struct backend_core *b, uint64_t now);
unsigned backend_slot_count_untaken(const struct backend_core *b);
void     backend_slot_update_metrics(const struct backend_core *b);

/* ---- backend_request.c ---- */

struct request_in_work *backend_request_find(const struct backend_core *b, uint64_t handle);
struct request_in_work *backend_request_need(const struct backend_core *b, uint64_t handle);
void     backend_request_begin(struct backend_core *b, uint64_t now, struct backend_link *l,
                               const struct frame *f);
void     backend_request_on_cancel(struct backend_core *b, struct backend_link *l,
                                   const struct frame *f);
void     backend_request_on_credit(struct backend_core *b, struct backend_link *l,
                                   const struct frame *f);
uint64_t backend_request_credit(const struct request_in_work *rq);
void     backend_request_chunk(struct backend_core *b, struct request_in_work *rq, struct str body);
/* Ends it with FINAL or ERROR, or with CANCELLED if it was cancelled; frees it. */
void backend_request_end(struct backend_core *b, uint64_t now, struct request_in_work *rq,
                         uint64_t type, struct str body);
void backend_request_orphan(struct backend_core *b, struct backend_link *l); /* it was lost */
void backend_request_tick(struct backend_core *b, uint64_t now);
void backend_request_check_drained(struct backend_core *b); /* reports it, once */

/* ---- backend_link.c ---- */

struct backend_link *backend_link_find(const struct backend_core *b, uint64_t id);
void                 backend_link_add(struct backend_core *b, uint64_t now, uint64_t id);
void                 backend_link_remove(struct backend_core *b, struct backend_link *l);
void backend_link_reset(struct backend_core *b, struct backend_link *l, const char *why);
void backend_link_on_who(struct backend_core *b, uint64_t now, struct backend_link *l,
                         uint64_t epoch);
void backend_link_on_welcome(struct backend_core *b, uint64_t now, struct backend_link *l,
                             const struct frame *f);
void backend_link_tick(struct backend_core *b, uint64_t now, struct backend_link *l);
void backend_link_drain(struct backend_core *b);
void backend_link_bye(struct backend_core *b);

#endif
