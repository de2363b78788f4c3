/* The table of running chats, and their ports to the real world. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "turn/turns.h"

#define BUCKETS 4096

struct turns {
    struct loop         *loop;
    struct bus          *bus;
    struct turns_options options;
    struct chat_ports    ports;
    struct timer         tick;
    unsigned             count;
    struct chat         *buckets[BUCKETS];
};

/* ---- the table ---- */

/* Turn ids are random, or else somebody only slows down their own turns. */
static struct chat **bucket_of(struct turns *t, const struct uuid *turn_id)
{
    uint64_t sum = 0;

    for (const char *p = turn_id->text; *p; p++)
        sum = sum * 31 + (unsigned char)*p;
    return &t->buckets[sum % BUCKETS];
}

struct chat *turns_find(struct turns *t, const struct uuid *session, const struct uuid *turn_id)
{
    for (struct chat *c = *bucket_of(t, turn_id); c; c = c->next_in_table)
        if (strcmp(c->turn_id.text, turn_id->text) == 0 &&
            strcmp(c->session.text, session->text) == 0)
            return c;
    return NULL;
}

static void on_chat_end(void *ctx, struct chat *c)
{
    struct turns *t = ctx;
    struct chat **link = bucket_of(t, &c->turn_id);

    while (*link != c)
        link = &(*link)->next_in_table;
    *link = c->next_in_table;
    if (--t->count == 0)
        timer_stop(&t->tick);
}

/* ---- the ports ---- */

static void on_reply(void *ctx, const struct bus_reply *a)
{
    chat_hear(ctx, a);
}

static enum err port_ask(void *ctx, struct chat_slot *slot, enum service to, struct str body,
                         uint64_t ttl_ms, struct str trace)
{
    struct turns      *t = ctx;
    struct bus_request q = {to, body, ttl_ms, trace, on_reply, slot};

    return bus_send(t->bus, &q, &slot->id);
}

static void port_drop(void *ctx, struct chat_slot *slot)
{
    struct turns *t = ctx;
    bus_cancel(t->bus, slot->id);
}

static enum err port_would_take(void *ctx, enum service to, uint64_t ttl_ms)
{
    struct turns *t = ctx;
    return bus_would_accept(t->bus, to, ttl_ms);
}

static void port_taken(void *ctx, struct chat_slot *slot, uint64_t bytes)
{
    struct turns *t = ctx;
    bus_credit(t->bus, slot->id, bytes);
}

static unsigned port_place(void *ctx, struct chat_slot *slot)
{
    struct turns *t = ctx;
    return bus_queue_position(t->bus, slot->id);
}

static uint64_t port_rest_ms(void *ctx, struct chat_slot *slot)
{
    struct turns *t = ctx;
    return bus_retry_in_ms(t->bus, slot->id);
}

static uint64_t port_limit_address(void *ctx, const char *address_hash)
{
    struct turns *t = ctx;
    return rate_take(t->options.by_address, str_of(address_hash), clock_ms());
}

static uint64_t port_limit_session(void *ctx, const struct uuid *session)
{
    struct turns *t = ctx;
    return rate_take(t->options.by_session, uuid_str(session), clock_ms());
}

static uint64_t port_now(void *ctx)
{
    (void)ctx;
    return clock_ms();
}

/* ---- the clock ---- */

static void on_tick(void *ctx)
{
    struct turns *t = ctx;

    timer_start(&t->tick, t->loop, CHAT_TICK_MS, on_tick, t);
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct chat *c = t->buckets[i], *next; c; c = next) {
            next = c->next_in_table;
            chat_tick(c); /* may end it, and no other one */
        }
}

/* ---- its life ---- */

struct turns *turns_new(struct loop *l, struct bus *b, const struct turns_options *o)
{
    struct turns *t = mem_new(sizeof *t);

    t->loop = l;
    t->bus = b;
    t->options = *o;
    t->ports = (struct chat_ports){
        .ctx = t,
        .ask = port_ask,
        .drop = port_drop,
        .would_take = port_would_take,
        .taken = port_taken,
        .place = port_place,
        .rest_ms = port_rest_ms,
        .limit_address = port_limit_address,
        .limit_session = port_limit_session,
        .now_ms = port_now,
        .on_end = on_chat_end,
    };
    return t;
}

void turns_free(struct turns **turns)
{
    struct turns *t = *turns;

    if (!t)
        return;
    timer_stop(&t->tick);
    for (unsigned i = 0; i < BUCKETS; i++)
        while (t->buckets[i]) {
            struct chat *c = t->buckets[i];
            t->buckets[i] = c->next_in_table;
            chat_cut(&c);
        }
    free(t);
    *turns = NULL;
}

unsigned turns_count(const struct turns *t)
{
    return t->count;
}

bool turns_are_full(const struct turns *t)
{
    return t->count >= t->options.max;
}

void turns_start(struct turns *t, const struct chat_order *o, struct listener *l)
{
    struct chat  *c = chat_new(&t->ports, o);
    struct chat **bucket = bucket_of(t, &c->turn_id);

    must(!turns_are_full(t) && !turns_find(t, &c->session, &c->turn_id));
    c->next_in_table = *bucket;
    *bucket = c;
    if (t->count++ == 0)
        timer_start(&t->tick, t->loop, CHAT_TICK_MS, on_tick, t);
    chat_join(c, l);
    chat_begin(c);
}
