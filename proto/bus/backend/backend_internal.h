/* backend_parts - what the files of backend_core share; nobody else includes it.
 *
 *   backend_core.c      what happens, handed to the part it concerns
 *   backend_links.c     the gateways, from WHO to WELCOME to their loss
 *   backend_requests.c  the requests, from REQUEST to the one end
 *   backend_slots.c     free slots, offered to the gateway that needs them most */
#ifndef PROTO_BUS_BACKEND_PARTS_H
#define PROTO_BUS_BACKEND_PARTS_H
#include <sys/queue.h>

#include "bus/backend/backend_core.h"
#include "bus/common/id_table.h"
#include "bus/common/prng.h"
#include "bus/common/protocol.h"
#include "wire/messages.h"

#define FIRST_BEAT_MS 1000 /* until a gateway has told its own */
#define LOST_MS       1000 /* after this an offer or a RELEASE that should be there is lost */
#define RECENT_MAX    64   /* ended requests of a gateway that are remembered */
#define OFFERS_USUAL  256  /* open at once at one gateway; its line takes no endless burst */

enum link_state {
    LINK_SILENT, /* nobody there, or nobody that answered yet */
    LINK_TWIN,   /* another link leads to the same gateway */
    LINK_ASKED,  /* READY is out */
    LINK_UP,     /* WELCOME came */
};

struct link {
    uint64_t        id;
    enum link_state state;
    uint64_t        epoch; /* of the gateway, as it last said */
    uint64_t        heartbeat_ms;
    uint64_t        heard, pinged;
    unsigned        request_count;
    unsigned        offered;       /* offers open there, wanted back or not */
    unsigned        waiting;       /* questions waiting there that no offer is under way to */
    uint64_t        waiting_since; /* of the oldest of them */
    uint64_t        deaf_until;    /* it leaves offers without an answer: others come first */
    struct {
        uint64_t id, attempt;
    } recent[RECENT_MAX]; /* a ring */
    unsigned recent_at;
    TAILQ_HEAD(, request_in) requests;
    TAILQ_ENTRY(link) in_all;
};

enum slot_state { SLOT_FREE, SLOT_OFFERED, SLOT_REVOKED, SLOT_TAKEN };

struct slot {
    enum slot_state state;
    struct link    *link;  /* OFFERED, REVOKED: to whom */
    uint64_t        offer; /* its number */
    uint64_t        since; /* of the state */
};

/* A request in work. */
struct request_in {
    uint64_t     handle;
    uint64_t     id, attempt;
    struct link *link; /* NULL: its gateway is gone */
    struct slot *slot; /* NULL: it came by a window */
    uint64_t     deadline;
    bool         cancelled;
    uint64_t     chunks, sent, taken;
    TAILQ_ENTRY(request_in) in_link, in_all;
};

struct backend_core {
    struct backend_core_options options;
    uint64_t                    ticked;
    bool                        draining, drained;
    uint64_t                    last_handle, last_offer;
    TAILQ_HEAD(, link) links;
    TAILQ_HEAD(, request_in) requests;
    struct id_table by_id, by_handle;
    struct slot    *slots;    /* owned */
    struct link    *last_fed; /* who got the last offer that nobody had asked for */
    struct outbox   out;
};

/* ---- backend_links.c ---- */

struct link *link_find(const struct backend_core *b, uint64_t id);
void         link_end(struct backend_core *b, struct link *l);
void         link_send(struct backend_core *b, struct link *l, struct frame f);
void         link_reset(struct backend_core *b, uint64_t now, struct link *l, const char *why);
void         link_who(struct backend_core *b, uint64_t now, struct link *l, uint64_t epoch);
void link_welcome(struct backend_core *b, uint64_t now, struct link *l, const struct frame *f);
void links_tick(struct backend_core *b, uint64_t now);

/* ---- backend_requests.c ---- */

struct request_in *request_find(const struct backend_core *b, uint64_t handle);
void request_take(struct backend_core *b, uint64_t now, struct link *l, const struct frame *f);
void request_cancel(struct backend_core *b, struct link *l, const struct frame *f);
void request_credit(struct backend_core *b, struct link *l, const struct frame *f);
void requests_orphan(struct backend_core *b, struct link *l);
void requests_tick(struct backend_core *b, uint64_t now);
void requests_drained(struct backend_core *b); /* says so, once, if it is the case */

/* ---- backend_slots.c ---- */

struct slot *slot_use(struct backend_core *b, struct link *l, uint64_t offer); /* or NULL */
void         slots_refill(struct backend_core *b, uint64_t now, const struct link *l);
void         slot_free(struct backend_core *b, uint64_t now, struct slot *s);
void         slots_take_back(struct backend_core *b, const struct link *l);
void         slots_offer(struct backend_core *b, uint64_t now);
void         slots_demand(struct backend_core *b, uint64_t now, struct link *l, uint64_t queued,
                          uint64_t oldest_ms);
void         slots_release(struct backend_core *b, uint64_t now, struct link *l, uint64_t offer);
void         slots_tick(struct backend_core *b, uint64_t now);
unsigned     slots_unused(const struct backend_core *b);
void         slots_count(const struct backend_core *b); /* sets the gauges */

#endif
