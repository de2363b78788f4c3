/* The requests in work, from REQUEST to their one end. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/backend/backend_internal.h"

struct request_in_work *backend_request_find(const struct backend_core *b, uint64_t handle)
{
    return id_table_find(&b->by_handle, handle);
}

struct request_in_work *backend_request_need(const struct backend_core *b, uint64_t handle)
{
    struct request_in_work *rq = backend_request_find(b, handle);

    must(rq); /* a request is ended once */
    return rq;
}

/* ---- the beginning ---- */

static struct request_in_work *find_attempt(struct backend_link *l, uint64_t id, uint64_t attempt)
{
    struct request_in_work *rq;

    TAILQ_FOREACH (rq, &l->requests, in_link)
        if (rq->id == id && rq->attempt == attempt)
            return rq;
    return NULL;
}

static bool is_duplicate(struct backend_link *l, uint64_t id, uint64_t attempt)
{
    for (unsigned i = 0; i < RECENT_MAX; i++)
        if (l->recent[i].id == id && l->recent[i].attempt == attempt)
            return true;
    return find_attempt(l, id, attempt) != NULL;
}

static void remember(struct backend_link *l, uint64_t id, uint64_t attempt)
{
    l->recent[l->recent_at].id = id;
    l->recent[l->recent_at].attempt = attempt;
    l->recent_at = (l->recent_at + 1) % RECENT_MAX;
}

static bool is_valid(const struct backend_core *b, const struct frame *f)
{
    const struct service_info *info = services_info(b->options.service);
    uint64_t                   number = msg_number(f->body);

    return f->id && f->ttl_ms && number >= info->first && number <= info->last;
}

static void begin(struct backend_core *b, uint64_t now, struct backend_link *l,
                  const struct frame *f, struct backend_slot *s)
{
    struct request_in_work *rq = mem_new(sizeof *rq);

    rq->handle = ++b->last_handle;
    rq->id = f->id;
    rq->attempt = f->attempt;
    rq->link = l;
    rq->slot = s;
    rq->deadline = f->ttl_ms < UINT64_MAX - now ? now + f->ttl_ms : UINT64_MAX;
    TAILQ_INSERT_TAIL(&l->requests, rq, in_link);
    TAILQ_INSERT_TAIL(&b->requests, rq, in_all);
    id_table_add(&b->by_handle, rq->handle, rq);
    l->request_count++;
    backend_send_accept(b, l, f->id, f->attempt);
    struct action *a = outbox_add(&b->out, ACTION_REQUEST, rq->handle, f->body);
    a->number = msg_number(f->body);
    a->ttl_ms = f->ttl_ms;
    str_copy(a->trace, sizeof a->trace, f->trace);
}

void backend_request_begin(struct backend_core *b, uint64_t now, struct backend_link *l,
                           const struct frame *f)
{
    struct backend_slot *s = NULL;

    if (!is_valid(b, f)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    if (is_duplicate(l, f->id, f->attempt)) {
        metric_add(METRIC_BUS_LATE, 1);
        return;
    }
    if (b->options.slots)
        s = backend_slot_take(b, l, f->sequence);
    if (b->draining || (b->options.slots ? !s : l->request_count >= b->options.window)) {
        remember(l, f->id, f->attempt);
        backend_send_busy(b, l, f->id, f->attempt);
        if (s)
            backend_slot_release(b, now, s);
        return;
    }
    begin(b, now, l, f, s);
    if (s)
        backend_slot_refill(b, now, l);
}

/* ---- the end ---- */

void backend_request_check_drained(struct backend_core *b)
{
    if (!b->draining || b->drained || !TAILQ_EMPTY(&b->requests))
        return;
    b->drained = true;
    outbox_add(&b->out, ACTION_DRAINED, 0, (struct str){0});
}

static void request_free(struct backend_core *b, uint64_t now, struct request_in_work *rq)
{
    struct backend_slot *s = rq->slot;

    if (rq->link) {
        TAILQ_REMOVE(&rq->link->requests, rq, in_link);
        rq->link->request_count--;
        remember(rq->link, rq->id, rq->attempt);
    }
    TAILQ_REMOVE(&b->requests, rq, in_all);
    id_table_take(&b->by_handle, rq->handle);
    free(rq);
    if (s)
        backend_slot_release(b, now, s);
    backend_request_check_drained(b);
}

void backend_request_end(struct backend_core *b, uint64_t now, struct request_in_work *rq,
                         uint64_t type, struct str body)
{
    if (rq->link && rq->cancelled)
        backend_send_cancelled(b, rq->link, rq->id, rq->attempt);
    else if (rq->link)
        backend_send_reply(b, rq, type, body);
    request_free(b, now, rq);
}

/* ---- chunks ---- */

uint64_t backend_request_credit(const struct request_in_work *rq)
{
    if (!rq->link || rq->cancelled || rq->sent - rq->acknowledged >= CREDIT_WINDOW)
        return 0;
    return CREDIT_WINDOW - (rq->sent - rq->acknowledged);
}

void backend_request_chunk(struct backend_core *b, struct request_in_work *rq, struct str body)
{
    if (!rq->link || rq->cancelled)
        return;
    must(rq->sent - rq->acknowledged < CREDIT_WINDOW); /* wait for on_credit */
    rq->sent += body.len;
    rq->chunks++;
    backend_send_reply(b, rq, FRAME_CHUNK, body);
}

/* ---- events ---- */

static void cancel(struct backend_core *b, struct request_in_work *rq)
{
    if (rq->cancelled)
        return;
    rq->cancelled = true;
    outbox_add(&b->out, ACTION_CANCEL, rq->handle, (struct str){0});
}

void backend_request_on_cancel(struct backend_core *b, struct backend_link *l,
                               const struct frame *f)
{
    struct request_in_work *rq = find_attempt(l, f->id, f->attempt);
    struct cancel           received;

    if (cancel_decode(&received, f->body))
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
    else if (!f->id)
        outbox_add(&b->out, ACTION_CANCEL_TURN, 0, received.turn_id);
    else if (rq)
        cancel(b, rq);
    else /* it has ended, but the gateway may not know */
        backend_send_cancelled(b, l, f->id, f->attempt);
}

void backend_request_on_credit(struct backend_core *b, struct backend_link *l,
                               const struct frame *f)
{
    struct request_in_work *rq = find_attempt(l, f->id, f->attempt);
    struct credit           received;

    if (credit_decode(&received, f->body) || (rq && received.bytes > rq->sent)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    if (!rq || received.bytes <= rq->acknowledged)
        return;
    bool had_none = !backend_request_credit(rq);
    rq->acknowledged = received.bytes;
    if (had_none && backend_request_credit(rq))
        outbox_add(&b->out, ACTION_CREDIT, rq->handle, (struct str){0});
}

void backend_request_orphan(struct backend_core *b, struct backend_link *l)
{
    struct request_in_work *rq;

    while ((rq = TAILQ_FIRST(&l->requests))) {
        TAILQ_REMOVE(&l->requests, rq, in_link);
        rq->link = NULL;
        cancel(b, rq);
    }
    l->request_count = 0;
}

void backend_request_tick(struct backend_core *b, uint64_t now)
{
    struct request_in_work *rq;

    TAILQ_FOREACH (rq, &b->requests, in_all)
        if (now >= rq->deadline)
            cancel(b, rq);
}
