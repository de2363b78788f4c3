/* The questions, from being taken to the one end; their life is drawn in gateway_core.c. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"
#include "wire/messages.h"

#define CREDIT_STEP (CREDIT_WINDOW / 4) /* so many bytes taken are worth a CREDIT */

/* ---- the end ---- */

static void ask_free(struct gateway_core *g, struct ask *a)
{
    must(!a->attempt);
    if (a->waiter.waits)
        queue_remove(&g->desks[a->service].queue, &a->waiter);
    TAILQ_REMOVE(&g->asks, a, in_all);
    id_table_take(&g->by_id, a->id);
    g->ask_count--;
    buf_fini(&a->body);
    free(a);
}

void ask_final(struct gateway_core *g, struct ask *a, struct str body)
{
    outbox_add(&g->out, ACTION_FINAL, a->id, body);
    ask_free(g, a);
}

void ask_end(struct gateway_core *g, struct ask *a, const struct failure *why)
{
    struct action *out = outbox_add(&g->out, ACTION_ERROR, a->id, why->detail);

    out->err = why->err;
    out->retryable = why->retryable;
    out->retry_after_ms = why->retry_after_ms;
    ask_free(g, a);
}

static bool is_away(const struct gateway_core *g, uint64_t now, enum service s)
{
    return now - g->desks[s].there_at > AWAY_GRACE_MS;
}

/* The person may try again: it was too much, or somebody was away. */
void ask_timeout(struct gateway_core *g, uint64_t now, struct ask *a)
{
    struct failure why = {.err = ERR_TIMEOUT, .retryable = true};

    if (a->attempt)
        attempt_cancel(g, now, a->attempt);
    else if (!a->attempts)
        why.err = gateway_core_instances(g, now, a->service) ? ERR_OVERLOADED
                                                             : service_info(a->service)->down;
    metric_add_for(METRIC_BUS_EXPIRED, service_name(a->service), NULL, 1);
    ask_end(g, a, &why);
}

/* ---- another attempt ---- */

/* Who would have to rest for too long is told so, and when to come back. */
static bool is_in_time(const struct ask *a, uint64_t now, uint64_t rest_ms)
{
    uint64_t left = a->deadline > now ? a->deadline - now : 0;
    uint64_t least = rest_ms ? service_info(a->service)->answer_ms : 0;

    return left > least && rest_ms <= left - least;
}

static void try_again(struct gateway_core *g, uint64_t now, struct ask *a,
                      const struct failure *why)
{
    struct desk *d = &g->desks[a->service];
    uint64_t     rest_ms = why->here && match_has_another(g, now, a) ? 0 : why->retry_after_ms;

    if (a->chunks || a->tries == TRIES_MAX || !is_in_time(a, now, rest_ms) ||
        !retry_budget_take(&d->budget, now))
        ask_end(g, a, why);
    else if (rest_ms)
        a->rest_until = now + rest_ms;
    else
        queue_put_back(&d->queue, &a->waiter, now);
}

void ask_move_on(struct gateway_core *g, uint64_t now, struct ask *a, uint64_t route,
                 const struct failure *why)
{
    struct failure f = *why;

    if (a->chunks) /* another attempt would mix two answers */
        f.err = ERR_INTERRUPTED;
    a->tried[a->tries++] = route;
    try_again(g, now, a, &f);
}

void ask_error(struct gateway_core *g, uint64_t now, struct ask *a, uint64_t route,
               const struct failure *said)
{
    a->tried[a->tries++] = route;
    if (said->retryable)
        try_again(g, now, a, said);
    else
        ask_end(g, a, said);
}

void ask_again(struct gateway_core *g, uint64_t now, struct ask *a)
{
    if (a->attempts < ATTEMPTS_MAX && now < a->deadline)
        queue_put_back(&g->desks[a->service].queue, &a->waiter, now);
    else
        ask_end(g, a, &(struct failure){.err = ERR_OVERLOADED, .retryable = true});
}

/* ---- what is wanted ---- */

enum err gateway_core_would_accept(const struct gateway_core *g, uint64_t now, enum service s,
                                   uint64_t ttl_ms)
{
    if (is_away(g, now, s))
        return service_info(s)->down;
    return queue_has_room(&g->desks[s].queue, now, ttl_ms) ? ERR_OK : ERR_OVERLOADED;
}

enum err gateway_core_send(struct gateway_core *g, uint64_t now, enum service s, struct str body,
                           uint64_t ttl_ms, struct str trace, uint64_t *id)
{
    struct desk *d = &g->desks[s];

    must(ttl_ms && body.len <= BODY_MAX && trace.len <= TRACE_MAX);
    gateway_core_tick(g, now);
    enum err err = gateway_core_would_accept(g, now, s, ttl_ms);
    if (err) {
        metric_add_for(METRIC_BUS_REFUSED, service_name(s), NULL, 1);
        return err;
    }
    struct ask *a = mem_new(sizeof *a);
    *id = a->id = ++g->last_id;
    a->service = s;
    a->deadline = now + ttl_ms;
    buf_str(&a->body, body);
    str_format(a->trace, sizeof a->trace, "%.*s", (int)trace.len, trace.len ? trace.p : "");
    TAILQ_INSERT_TAIL(&g->asks, a, in_all);
    id_table_add(&g->by_id, a->id, a);
    g->ask_count++;
    retry_budget_earn(&d->budget);
    queue_add(&d->queue, &a->waiter, now);
    match_all(g, now);
    return ERR_OK;
}

void gateway_core_cancel(struct gateway_core *g, uint64_t now, uint64_t id)
{
    struct ask *a = id_table_find(&g->by_id, id);

    if (!a)
        return;
    if (a->attempt)
        attempt_cancel(g, now, a->attempt);
    ask_free(g, a);
}

void gateway_core_credit(struct gateway_core *g, uint64_t now, uint64_t id, uint64_t bytes)
{
    struct ask *a = id_table_find(&g->by_id, id);
    struct buf  body = {0};

    if (!a)
        return;
    must(bytes <= a->bytes - a->taken);
    a->taken += bytes;
    if (!a->attempt || a->taken - a->credited < CREDIT_STEP)
        return;
    a->credited = a->taken;
    credit_encode(&(struct credit){.bytes = a->taken, .last = a->chunks}, &body);
    conn_send(g, now, a->attempt->conn,
              (struct frame){.type = FRAME_CREDIT,
                             .id = a->id,
                             .attempt = a->attempt->number,
                             .body = buf_view(&body)});
    buf_fini(&body);
}

unsigned gateway_core_queue_position(const struct gateway_core *g, uint64_t now, uint64_t id)
{
    const struct ask *a = id_table_find(&g->by_id, id);
    return a && a->waiter.waits ? queue_place(&g->desks[a->service].queue, &a->waiter, now) : 0;
}

uint64_t gateway_core_retry_in_ms(const struct gateway_core *g, uint64_t now, uint64_t id)
{
    const struct ask *a = id_table_find(&g->by_id, id);
    return a && a->rest_until > now ? a->rest_until - now : 0;
}

/* ---- time ---- */

static void ask_tick(struct gateway_core *g, uint64_t now, struct ask *a)
{
    if (now >= a->deadline) {
        ask_timeout(g, now, a);
    } else if (a->attempt) {
        attempt_check(g, now, a->attempt);
    } else if (a->rest_until && now >= a->rest_until) {
        a->rest_until = 0;
        queue_put_back(&g->desks[a->service].queue, &a->waiter, now);
    } else if (is_away(g, now, a->service)) {
        ask_end(g, a, &(struct failure){.err = service_info(a->service)->down, .retryable = true});
    }
}

void asks_tick(struct gateway_core *g, uint64_t now)
{
    struct ask *next;

    for (struct ask *a = TAILQ_FIRST(&g->asks); a; a = next) {
        next = TAILQ_NEXT(a, in_all);
        ask_tick(g, now, a);
    }
}
