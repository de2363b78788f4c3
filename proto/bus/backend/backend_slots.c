/* Free slots, offered to the gateway that needs them most.
 *
 * Every free slot is offered to one gateway: to the one whose question waits
 * longest, else to one after the other.  When a line begins at a gateway while
 * offers lie idle at another, they are revoked there, and given back or used:
 * a REQUEST that crossed the REVOKE wins.
 *
 * A worker may have more slots than a line takes frames at once, so a gateway
 * has a bounded number of offers; it gets more as it uses them. */
#include "base/metrics.h"
#include "bus/backend/backend_internal.h"

static struct slot *find_slot(const struct backend_core *b, const struct link *l, uint64_t offer)
{
    for (unsigned i = 0; i < b->options.slots; i++) {
        struct slot *s = &b->slots[i];
        bool         lent = s->state == SLOT_OFFERED || s->state == SLOT_REVOKED;
        if (lent && s->link == l && s->offer == offer)
            return s;
    }
    return NULL;
}

static bool has_room(const struct backend_core *b, const struct link *l)
{
    return l->state == LINK_UP && l->offered < b->options.offers;
}

/* A slot that was lent is no more. */
static void set_state(struct slot *s, enum slot_state state)
{
    if (s->link)
        s->link->offered--;
    *s = (struct slot){.state = state};
}

struct slot *slot_use(struct backend_core *b, struct link *l, uint64_t offer)
{
    struct slot *s = find_slot(b, l, offer);
    if (s)
        set_state(s, SLOT_TAKEN);
    l->deaf_until = 0;
    return s;
}

/* A gateway that has used half of its offers will soon want more. */
void slots_refill(struct backend_core *b, uint64_t now, const struct link *l)
{
    if (l->offered == b->options.offers / 2)
        slots_offer(b, now);
}

void slot_free(struct backend_core *b, uint64_t now, struct slot *s)
{
    set_state(s, SLOT_FREE);
    slots_offer(b, now);
}

void slots_take_back(struct backend_core *b, const struct link *l)
{
    for (unsigned i = 0; i < b->options.slots; i++)
        if (b->slots[i].link == l)
            set_state(&b->slots[i], SLOT_FREE);
}

unsigned slots_unused(const struct backend_core *b)
{
    unsigned count = 0;
    for (unsigned i = 0; i < b->options.slots; i++)
        count += b->slots[i].state != SLOT_TAKEN;
    return count;
}

void slots_count(const struct backend_core *b)
{
    static const char *const names[] = {"free", "offered", "revoked", "taken"};
    unsigned                 count[COUNT_OF(names)] = {0};

    for (unsigned i = 0; i < b->options.slots; i++)
        count[b->slots[i].state]++;
    for (unsigned state = 0; state < COUNT_OF(names); state++)
        metric_set_for(METRIC_SLOTS, names[state], NULL, count[state]);
}

/* ---- whose turn it is ---- */

static struct link *longest_waiting(struct backend_core *b, uint64_t now)
{
    struct link *l, *best = NULL, *deaf = NULL;

    TAILQ_FOREACH (l, &b->links, in_all) {
        struct link **first = now < l->deaf_until ? &deaf : &best;
        if (has_room(b, l) && l->waiting && (!*first || l->waiting_since < (*first)->waiting_since))
            *first = l;
    }
    return best ? best : deaf;
}

static struct link *after(const struct backend_core *b, const struct link *l)
{
    struct link *next = l ? TAILQ_NEXT(l, in_all) : NULL;
    return next ? next : TAILQ_FIRST(&b->links);
}

static struct link *next_in_turn(struct backend_core *b)
{
    struct link *first = after(b, b->last_fed), *l = first;

    do {
        if (l && has_room(b, l))
            return b->last_fed = l;
        l = after(b, l);
    } while (l != first);
    return NULL;
}

static void send_offer(struct backend_core *b, uint64_t now, struct slot *s, struct link *l)
{
    struct buf body = {0};

    *s = (struct slot){SLOT_OFFERED, l, ++b->last_offer, now};
    l->offered++;
    if (l->waiting)
        l->waiting--;
    offer_encode(&(struct offer){.offer = s->offer}, &body);
    link_send(b, l, (struct frame){.type = FRAME_OFFER, .body = buf_view(&body)});
    buf_fini(&body);
}

static void send_revoke(struct backend_core *b, uint64_t now, struct slot *s)
{
    struct buf body = {0};

    s->state = SLOT_REVOKED;
    s->since = now;
    revoke_encode(&(struct revoke){.offer = s->offer}, &body);
    link_send(b, s->link, (struct frame){.type = FRAME_REVOKE, .body = buf_view(&body)});
    buf_fini(&body);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* It lies where nobody waits, or where somebody does and yet it was not used: that
 * gateway stands still. */
static bool is_idle(const struct slot *s, uint64_t now)
{
    return s->state == SLOT_OFFERED && (!s->link->waiting || now - s->since > LOST_MS);
}

/* Questions that wait there and that an offer could be for. */
static unsigned wanted_at(const struct backend_core *b, const struct link *l)
{
    return has_room(b, l) ? least(l->waiting, b->options.offers - l->offered) : 0;
}

/* For every question that still waits somewhere, and whose gateway has room for
 * an offer, one that lies idle elsewhere. */
static void revoke_idle(struct backend_core *b, uint64_t now)
{
    struct link *l;
    unsigned     wanted = 0, coming = 0;

    TAILQ_FOREACH (l, &b->links, in_all)
        wanted += wanted_at(b, l);
    for (unsigned i = 0; i < b->options.slots; i++)
        coming += b->slots[i].state == SLOT_REVOKED;
    for (unsigned i = 0; i < b->options.slots && coming < wanted; i++) {
        struct slot *s = &b->slots[i];
        if (is_idle(s, now) && coming < wanted - wanted_at(b, s->link)) {
            send_revoke(b, now, s);
            coming++;
        }
    }
}

void slots_offer(struct backend_core *b, uint64_t now)
{
    for (unsigned i = 0; i < b->options.slots && !b->draining; i++) {
        if (b->slots[i].state != SLOT_FREE)
            continue;
        struct link *l = longest_waiting(b, now);
        if (!l)
            l = next_in_turn(b);
        if (!l)
            return;
        send_offer(b, now, &b->slots[i], l);
    }
    if (!b->draining)
        revoke_idle(b, now);
}

/* An offer that was not used, or not given back, by a gateway that should have.  We
 * may hear one that does not hear us; so others come first until it says something
 * about an offer, or until its silence, or ours, must have ended the link. */
static void give_up(uint64_t now, struct slot *s)
{
    s->link->deaf_until = now + DEAD_BEATS * s->link->heartbeat_ms;
    set_state(s, SLOT_FREE);
}

/* A gateway with a line has used every offer it has seen: those it has not used
 * are still on their way, or were lost.  To take one back that was not lost does
 * no harm: the REQUEST that uses it is told BUSY. */
void slots_demand(struct backend_core *b, uint64_t now, struct link *l, uint64_t queued,
                  uint64_t oldest_ms)
{
    uint64_t coming = 0;

    for (unsigned i = 0; queued && i < b->options.slots; i++) {
        struct slot *s = &b->slots[i];
        if (s->state != SLOT_OFFERED || s->link != l)
            continue;
        if (now - s->since > LOST_MS)
            give_up(now, s);
        else
            coming++;
    }
    uint64_t waiting = queued > coming ? queued - coming : 0;
    l->waiting = waiting > b->options.slots ? b->options.slots : (unsigned)waiting;
    l->waiting_since = oldest_ms < now ? now - oldest_ms : 0;
    slots_offer(b, now);
}

void slots_release(struct backend_core *b, uint64_t now, struct link *l, uint64_t offer)
{
    struct slot *s = find_slot(b, l, offer);

    l->deaf_until = 0;
    if (s)
        slot_free(b, now, s);
}

void slots_tick(struct backend_core *b, uint64_t now)
{
    for (unsigned i = 0; i < b->options.slots; i++)
        if (b->slots[i].state == SLOT_REVOKED && now - b->slots[i].since > LOST_MS)
            give_up(now, &b->slots[i]);
    slots_offer(b, now);
}
