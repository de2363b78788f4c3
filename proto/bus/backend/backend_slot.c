/* Free slots, offered to the gateway that needs them most.
 *
 * Every free slot is offered to one gateway: to the one whose request has waited
 * longest, else to each in turn.  When a queue forms at a gateway while offers
 * are idle at another, those are revoked; they are released or used: a REQUEST
 * that crossed the REVOKE wins.
 *
 * A worker may have more slots than a socket queues frames, so the number of
 * offers open at one gateway is bounded; it gets more as it uses them. */
#include "base/metrics.h"
#include "bus/backend/backend_internal.h"

static struct backend_slot *find_slot(const struct backend_core *b, const struct backend_link *l,
                                      uint64_t offer)
{
    for (unsigned i = 0; i < b->options.slots; i++) {
        struct backend_slot *s = &b->slots[i];
        bool                 is_open = s->state == SLOT_OFFERED || s->state == SLOT_REVOKED;
        if (is_open && s->link == l && s->offer == offer)
            return s;
    }
    return NULL;
}

static bool has_room(const struct backend_core *b, const struct backend_link *l)
{
    return l->state == LINK_UP && l->offered < b->options.offers;
}

/* Ends the offer that the slot may have. */
static void set_state(struct backend_slot *s, enum slot_state state)
{
    if (s->link)
        s->link->offered--;
    *s = (struct backend_slot){.state = state};
}

struct backend_slot *backend_slot_take(struct backend_core *b, struct backend_link *l,
                                       uint64_t offer)
{
    struct backend_slot *s = find_slot(b, l, offer);
    if (s)
        set_state(s, SLOT_TAKEN);
    l->low_priority_until = 0;
    return s;
}

/* A gateway that has used half of its offers will soon need more. */
void backend_slot_refill(struct backend_core *b, uint64_t now, const struct backend_link *l)
{
    if (l->offered == b->options.offers / 2)
        backend_slot_offer(b, now);
}

void backend_slot_release(struct backend_core *b, uint64_t now, struct backend_slot *s)
{
    set_state(s, SLOT_FREE);
    backend_slot_offer(b, now);
}

void backend_slot_recover(struct backend_core *b, const struct backend_link *l)
{
    for (unsigned i = 0; i < b->options.slots; i++)
        if (b->slots[i].link == l)
            set_state(&b->slots[i], SLOT_FREE);
}

unsigned backend_slot_count_untaken(const struct backend_core *b)
{
    unsigned count = 0;
    for (unsigned i = 0; i < b->options.slots; i++)
        count += b->slots[i].state != SLOT_TAKEN;
    return count;
}

void backend_slot_update_metrics(const struct backend_core *b)
{
    static const char *const names[] = {"free", "offered", "revoked", "taken"};
    unsigned                 count[COUNT_OF(names)] = {0};

    for (unsigned i = 0; i < b->options.slots; i++)
        count[b->slots[i].state]++;
    for (unsigned state = 0; state < COUNT_OF(names); state++)
        metric_set_for(METRIC_SLOTS, names[state], NULL, count[state]);
}

/* ---- which gateway gets an offer ---- */

static struct backend_link *longest_waiting(struct backend_core *b, uint64_t now)
{
    struct backend_link *l, *best = NULL, *low_priority = NULL;

    TAILQ_FOREACH (l, &b->links, in_all) {
        struct backend_link **first = now < l->low_priority_until ? &low_priority : &best;
        if (has_room(b, l) && l->waiting && (!*first || l->waiting_since < (*first)->waiting_since))
            *first = l;
    }
    return best ? best : low_priority;
}

static struct backend_link *next_link(const struct backend_core *b, const struct backend_link *l)
{
    struct backend_link *next = l ? TAILQ_NEXT(l, in_all) : NULL;
    return next ? next : TAILQ_FIRST(&b->links);
}

static struct backend_link *next_in_turn(struct backend_core *b)
{
    struct backend_link *first = next_link(b, b->last_served), *l = first;

    do {
        if (l && has_room(b, l))
            return b->last_served = l;
        l = next_link(b, l);
    } while (l != first);
    return NULL;
}

static void offer_to(struct backend_core *b, uint64_t now, struct backend_slot *s,
                     struct backend_link *l)
{
    *s = (struct backend_slot){
        .state = SLOT_OFFERED, .link = l, .offer = ++b->last_offer, .since = now};
    l->offered++;
    if (l->waiting)
        l->waiting--;
    backend_send_offer(b, l, s->offer);
}

static void revoke(struct backend_core *b, uint64_t now, struct backend_slot *s)
{
    s->state = SLOT_REVOKED;
    s->since = now;
    backend_send_revoke(b, s->link, s->offer);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* No request waits there, or one does and the offer is unused all the same: that
 * gateway does not run. */
static bool is_idle(const struct backend_slot *s, uint64_t now)
{
    return s->state == SLOT_OFFERED && (!s->link->waiting || now - s->since > LOST_MS);
}

/* Requests that wait there and for which there is room for an offer. */
static unsigned wanted_at(const struct backend_core *b, const struct backend_link *l)
{
    return has_room(b, l) ? least(l->waiting, b->options.offers - l->offered) : 0;
}

/* Revokes one idle offer for each request that still waits at another gateway with
 * room for an offer. */
static void revoke_idle(struct backend_core *b, uint64_t now)
{
    struct backend_link *l;
    unsigned             wanted = 0, coming = 0;

    TAILQ_FOREACH (l, &b->links, in_all)
        wanted += wanted_at(b, l);
    for (unsigned i = 0; i < b->options.slots; i++)
        coming += b->slots[i].state == SLOT_REVOKED;
    for (unsigned i = 0; i < b->options.slots && coming < wanted; i++) {
        struct backend_slot *s = &b->slots[i];
        if (is_idle(s, now) && coming < wanted - wanted_at(b, s->link)) {
            revoke(b, now, s);
            coming++;
        }
    }
}

void backend_slot_offer(struct backend_core *b, uint64_t now)
{
    for (unsigned i = 0; i < b->options.slots && !b->draining; i++) {
        if (b->slots[i].state != SLOT_FREE)
            continue;
        struct backend_link *l = longest_waiting(b, now);
        if (!l)
            l = next_in_turn(b);
        if (!l)
            return;
        offer_to(b, now, &b->slots[i], l);
    }
    if (!b->draining)
        revoke_idle(b, now);
}

/* The gateway should have used or released the offer.  It may be able to send and
 * not to receive; so others come first until it uses or releases an offer, or until
 * its silence, or ours, must have ended the link. */
static void reclaim(uint64_t now, struct backend_slot *s)
{
    s->link->low_priority_until = now + DEAD_BEATS * s->link->heartbeat_ms;
    set_state(s, SLOT_FREE);
}

/* A gateway with a queue has used every offer that reached it: the others are on
 * their way, or were lost.  Reclaiming one that was not lost is harmless: the
 * REQUEST that uses it gets BUSY. */
void backend_slot_on_demand(struct backend_core *b, uint64_t now, struct backend_link *l,
                            uint64_t queued, uint64_t oldest_ms)
{
    uint64_t coming = 0;

    for (unsigned i = 0; queued && i < b->options.slots; i++) {
        struct backend_slot *s = &b->slots[i];
        if (s->state != SLOT_OFFERED || s->link != l)
            continue;
        if (now - s->since > LOST_MS)
            reclaim(now, s);
        else
            coming++;
    }
    uint64_t waiting = queued > coming ? queued - coming : 0;
    l->waiting = waiting > b->options.slots ? b->options.slots : (unsigned)waiting;
    l->waiting_since = oldest_ms < now ? now - oldest_ms : 0;
    backend_slot_offer(b, now);
}

void backend_slot_on_release(struct backend_core *b, uint64_t now, struct backend_link *l,
                             uint64_t offer)
{
    struct backend_slot *s = find_slot(b, l, offer);

    l->low_priority_until = 0;
    if (s)
        backend_slot_release(b, now, s);
}

void backend_slot_tick(struct backend_core *b, uint64_t now)
{
    for (unsigned i = 0; i < b->options.slots; i++)
        if (b->slots[i].state == SLOT_REVOKED && now - b->slots[i].since > LOST_MS)
            reclaim(now, &b->slots[i]);
    backend_slot_offer(b, now);
}
