/* The table of running turns, and their ports to the bus, the loop and the rate limits. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "turn/turns.h"

#define BUCKETS 4096

struct turns {
    struct loop         *loop;
    struct bus          *bus;
    struct turns_options options;
    struct turn_ports    ports;
    struct timer         tick;
    unsigned             count;
    struct turn         *buckets[BUCKETS];
};

/* ---- the table ---- */

/* Turn ids are random; a client that makes them collide only slows down its own turns. */
static struct turn **bucket_of(struct turns *t, const struct uuid *turn_id)
{
    uint64_t sum = 0;

    for (const char *p = turn_id->text; *p; p++)
        sum = sum * 31 + (unsigned char)*p;
    return &t->buckets[sum % BUCKETS];
}

struct turn *turns_find(struct turns *t, const struct uuid *session, const struct uuid *turn_id)
{
    for (struct turn *one = *bucket_of(t, turn_id); one; one = one->next_in_table)
        if (strcmp(one->params.turn_id.text, turn_id->text) == 0 &&
            strcmp(one->params.session.text, session->text) == 0)
            return one;
    return NULL;
}

static void on_turn_end(void *ctx, struct turn *one)
{
    struct turns *t = ctx;
    struct turn **link = bucket_of(t, &one->params.turn_id);

    while (*link != one)
        link = &(*link)->next_in_table;
    *link = one->next_in_table;
    if (--t->count == 0)
        timer_stop(&t->tick);
}

/* ---- the ports ---- */

static void on_reply(void *ctx, const struct bus_reply *a)
{
    turn_on_reply(ctx, a);
}

static enum err port_send(void *ctx, struct turn_slot *slot, enum service to, struct str body,
                          uint64_t ttl_ms, struct str trace)
{
    struct turns      *t = ctx;
    struct bus_request request = {.service = to,
                                  .body = body,
                                  .ttl_ms = ttl_ms,
                                  .trace = trace,
                                  .on_reply = on_reply,
                                  .ctx = slot};

    return bus_send(t->bus, &request, &slot->id);
}

static void port_cancel(void *ctx, struct turn_slot *slot)
{
    struct turns *t = ctx;
    bus_cancel(t->bus, slot->id);
}

static enum err port_would_accept(void *ctx, enum service to, uint64_t ttl_ms)
{
    struct turns *t = ctx;
    return bus_would_accept(t->bus, to, ttl_ms);
}

static void port_credit(void *ctx, struct turn_slot *slot, uint64_t bytes)
{
    struct turns *t = ctx;
    bus_credit(t->bus, slot->id, bytes);
}

static unsigned port_queue_position(void *ctx, struct turn_slot *slot)
{
    struct turns *t = ctx;
    return bus_queue_position(t->bus, slot->id);
}

static uint64_t port_retry_in_ms(void *ctx, struct turn_slot *slot)
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

static uint64_t port_now_ms(void *ctx)
{
    (void)ctx;
    return clock_ms();
}

static void on_wake(void *ctx)
{
    turn_on_wake(ctx);
}

static void port_wake(void *ctx, struct turn *one)
{
    struct turns *t = ctx;
    deferred_call_start(&one->wake, t->loop, on_wake, one);
}

/* ---- the clock ---- */

static void on_tick(void *ctx)
{
    struct turns *t = ctx;

    timer_start(&t->tick, t->loop, TURN_TICK_MS, on_tick, t);
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct turn *one = t->buckets[i], *next; one; one = next) {
            next = one->next_in_table;
            turn_on_tick(one); /* may end it, and no other one */
        }
}

/* ---- the object ---- */

struct turns *turns_new(struct loop *l, struct bus *b, const struct turns_options *o)
{
    struct turns *t = mem_new(sizeof *t);

    t->loop = l;
    t->bus = b;
    t->options = *o;
    t->ports = (struct turn_ports){
        .ctx = t,
        .send = port_send,
        .cancel = port_cancel,
        .would_accept = port_would_accept,
        .credit = port_credit,
        .queue_position = port_queue_position,
        .retry_in_ms = port_retry_in_ms,
        .limit_address = port_limit_address,
        .limit_session = port_limit_session,
        .now_ms = port_now_ms,
        .wake = port_wake,
        .on_end = on_turn_end,
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
            struct turn *one = t->buckets[i];
            t->buckets[i] = one->next_in_table;
            turn_cut(&one);
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

void turns_start(struct turns *t, struct turn_params *p, struct subscriber *s)
{
    must(!turns_are_full(t) && !turns_find(t, &p->session, &p->turn_id));
    struct turn  *one = turn_new(&t->ports, p);
    struct turn **bucket = bucket_of(t, &one->params.turn_id);

    one->next_in_table = *bucket;
    *bucket = one;
    if (t->count++ == 0)
        timer_start(&t->tick, t->loop, TURN_TICK_MS, on_tick, t);
    turn_join(one, s);
    turn_start(one);
}
