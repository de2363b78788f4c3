/* The requests, from being accepted to their one end; gateway_core.c draws their life. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"

#define CREDIT_STEP (CREDIT_WINDOW / 4) /* consumed bytes that are worth a CREDIT */

struct gateway_request *gateway_request_find(const struct gateway_core *g, uint64_t id)
{
    return id_table_find(&g->by_id, id);
}

struct gateway_request *gateway_request_of(struct queue_entry *e)
{
    return (struct gateway_request *)e; /* its first field */
}

struct gateway_request *gateway_request_new(struct gateway_core *g, uint64_t now, enum service s,
                                            struct str body, uint64_t ttl_ms, struct str trace)
{
    struct gateway_request *r = mem_new(sizeof *r);

    r->id = ++g->last_id;
    r->service = s;
    r->deadline = now + ttl_ms;
    buf_str(&r->body, body);
    str_copy(r->trace, sizeof r->trace, trace);
    TAILQ_INSERT_TAIL(&g->requests, r, in_all);
    id_table_add(&g->by_id, r->id, r);
    g->request_count++;
    return r;
}

/* ---- the end ---- */

static void request_free(struct gateway_core *g, struct gateway_request *r)
{
    must(!r->attempt);
    if (r->entry.is_queued)
        queue_remove(&g->pools[r->service].queue, &r->entry);
    TAILQ_REMOVE(&g->requests, r, in_all);
    id_table_take(&g->by_id, r->id);
    g->request_count--;
    buf_fini(&r->body);
    free(r);
}

static void finish(struct gateway_core *g, struct gateway_request *r, struct str body)
{
    outbox_add(&g->out, ACTION_FINAL, r->id, body);
    request_free(g, r);
}

void gateway_request_fail(struct gateway_core *g, struct gateway_request *r,
                          const struct gateway_failure *why)
{
    struct action *out = outbox_add(&g->out, ACTION_ERROR, r->id, why->detail);

    out->err = why->err;
    out->retryable = why->retryable;
    out->retry_after_ms = why->retry_after_ms;
    request_free(g, r);
}

/* It is retryable: the service was overloaded or unavailable. */
void gateway_request_expire(struct gateway_core *g, uint64_t now, struct gateway_request *r)
{
    struct gateway_failure why = {.err = ERR_TIMEOUT, .retryable = true};

    if (r->attempt)
        gateway_attempt_cancel(g, now, r->attempt);
    else if (!r->attempt_count)
        why.err = gateway_connection_count_live(g, now, r->service)
                      ? ERR_OVERLOADED
                      : services_info(r->service)->down;
    metric_add_for(METRIC_BUS_EXPIRED, services_name(r->service), NULL, 1);
    gateway_request_fail(g, r, &why);
}

void gateway_request_cancel(struct gateway_core *g, uint64_t now, struct gateway_request *r)
{
    if (r->attempt)
        gateway_attempt_cancel(g, now, r->attempt);
    request_free(g, r);
}

/* ---- another attempt ---- */

/* If the backoff exceeds the deadline, the request fails now and reports retry_after. */
static bool is_in_time(const struct gateway_request *r, uint64_t now, uint64_t backoff_ms)
{
    uint64_t left = r->deadline > now ? r->deadline - now : 0;
    uint64_t needed = backoff_ms ? services_info(r->service)->reply_ms : 0;

    return left > needed && backoff_ms <= left - needed;
}

static void retry(struct gateway_core *g, uint64_t now, struct gateway_request *r,
                  const struct gateway_failure *why)
{
    struct service_pool *pool = &g->pools[r->service];
    bool                 at_once = why->local && gateway_choose_has_alternative(g, now, r);
    uint64_t             backoff_ms = at_once ? 0 : why->retry_after_ms;

    if (r->chunks || r->failures == FAILURES_MAX || !is_in_time(r, now, backoff_ms) ||
        !retry_budget_take(&pool->budget, now))
        gateway_request_fail(g, r, why);
    else if (backoff_ms)
        r->retry_at = now + backoff_ms;
    else
        queue_put_back(&pool->queue, &r->entry, now);
}

static void on_lost(struct gateway_core *g, uint64_t now, struct gateway_request *r, uint64_t route,
                    struct gateway_failure why)
{
    if (r->chunks) /* another attempt would mix two replies */
        why.err = ERR_INTERRUPTED;
    r->failed_routes[r->failures++] = route;
    retry(g, now, r, &why);
}

static void on_error(struct gateway_core *g, uint64_t now, struct gateway_request *r,
                     uint64_t route, const struct gateway_failure *why)
{
    r->failed_routes[r->failures++] = route;
    if (why->retryable)
        retry(g, now, r, why);
    else
        gateway_request_fail(g, r, why);
}

/* Back into the queue; this does not count as a failure. */
static void on_busy(struct gateway_core *g, uint64_t now, struct gateway_request *r)
{
    if (r->attempt_count < ATTEMPTS_MAX && now < r->deadline)
        queue_put_back(&g->pools[r->service].queue, &r->entry, now);
    else
        gateway_request_fail(g, r,
                             &(struct gateway_failure){.err = ERR_OVERLOADED, .retryable = true});
}

void gateway_request_apply(struct gateway_core *g, uint64_t now, struct attempt_outcome outcome)
{
    struct gateway_request *r = outcome.request;

    switch (outcome.kind) {
    case ATTEMPT_OPEN:
        break;
    case ATTEMPT_FINAL:
        finish(g, r, outcome.body);
        break;
    case ATTEMPT_ERROR:
        on_error(g, now, r, outcome.route, &outcome.failure);
        break;
    case ATTEMPT_BUSY:
        on_busy(g, now, r);
        break;
    case ATTEMPT_LOST:
        on_lost(g, now, r, outcome.route, outcome.failure);
        break;
    case ATTEMPT_CANCELLED: /* its clock may have run out a moment before ours */
        if (now < r->deadline)
            on_lost(g, now, r, outcome.route, outcome.failure);
        else
            gateway_request_expire(g, now, r);
        break;
    }
}

void gateway_request_recall(struct gateway_core *g, uint64_t now, struct gateway_connection *c)
{
    struct gateway_attempt *t;

    TAILQ_FOREACH (t, &c->attempts, in_connection)
        gateway_request_apply(g, now, gateway_attempt_recall(g, now, t));
}

void gateway_request_disconnect(struct gateway_core *g, uint64_t now, struct gateway_connection *c)
{
    struct gateway_attempt *t;

    while ((t = TAILQ_FIRST(&c->attempts)))
        gateway_request_apply(g, now, gateway_attempt_disconnect(g, t));
}

/* ---- while it is open ---- */

bool gateway_request_is_unavailable(const struct gateway_core *g, uint64_t now, enum service s)
{
    return now - g->pools[s].last_live > UNAVAILABLE_GRACE_MS;
}

void gateway_request_credit(struct gateway_core *g, uint64_t now, struct gateway_request *r,
                            uint64_t bytes)
{
    must(bytes <= r->bytes - r->consumed);
    r->consumed += bytes;
    if (!r->attempt || r->consumed - r->announced < CREDIT_STEP)
        return;
    r->announced = r->consumed;
    gateway_send_credit(g, now, r->attempt);
}

void gateway_request_tick(struct gateway_core *g, uint64_t now, struct gateway_request *r)
{
    if (now >= r->deadline) {
        gateway_request_expire(g, now, r);
    } else if (r->attempt) {
        gateway_request_apply(g, now, gateway_attempt_check_accept(g, now, r->attempt));
    } else if (r->retry_at && now >= r->retry_at) {
        r->retry_at = 0;
        queue_put_back(&g->pools[r->service].queue, &r->entry, now);
    } else if (gateway_request_is_unavailable(g, now, r->service)) {
        gateway_request_fail(
            g, r,
            &(struct gateway_failure){.err = services_info(r->service)->down, .retryable = true});
    }
}
