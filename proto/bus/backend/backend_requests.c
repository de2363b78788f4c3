/* The requests, from REQUEST to the one end. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/backend/backend_internal.h"

struct request_in *request_find(const struct backend_core *b, uint64_t handle)
{
    return id_table_find(&b->by_handle, handle);
}

bool backend_core_is_open(const struct backend_core *b, uint64_t handle)
{
    return request_find(b, handle) != NULL;
}

/* ---- answering ---- */

static void answer(struct backend_core *b, struct link *l, uint64_t type, uint64_t id,
                   uint64_t attempt, uint64_t sequence, struct str body)
{
    link_send(b, l,
              (struct frame){
                  .type = type, .id = id, .attempt = attempt, .sequence = sequence, .body = body});
}

static void say_accept(struct backend_core *b, struct link *l, const struct frame *f)
{
    struct buf body = {0};

    accept_encode(&(struct accept){0}, &body);
    answer(b, l, FRAME_ACCEPT, f->id, f->attempt, 0, buf_view(&body));
    buf_fini(&body);
}

static void say_busy(struct backend_core *b, struct link *l, const struct frame *f)
{
    struct buf body = {0};

    busy_encode(&(struct busy){0}, &body);
    answer(b, l, FRAME_BUSY, f->id, f->attempt, 0, buf_view(&body));
    buf_fini(&body);
}

static void say_cancelled(struct backend_core *b, struct link *l, uint64_t id, uint64_t attempt)
{
    struct buf body = {0};

    cancelled_encode(&(struct cancelled){0}, &body);
    answer(b, l, FRAME_CANCELLED, id, attempt, 0, buf_view(&body));
    buf_fini(&body);
}

/* ---- coming in ---- */

static struct request_in *find_in_work(struct link *l, uint64_t id, uint64_t attempt)
{
    struct request_in *rq;

    TAILQ_FOREACH (rq, &l->requests, in_link)
        if (rq->id == id && rq->attempt == attempt)
            return rq;
    return NULL;
}

static bool is_known(struct link *l, uint64_t id, uint64_t attempt)
{
    for (unsigned i = 0; i < RECENT_MAX; i++)
        if (l->recent[i].id == id && l->recent[i].attempt == attempt)
            return true;
    return find_in_work(l, id, attempt) != NULL;
}

static void remember(struct link *l, uint64_t id, uint64_t attempt)
{
    l->recent[l->recent_at].id = id;
    l->recent[l->recent_at].attempt = attempt;
    l->recent_at = (l->recent_at + 1) % RECENT_MAX;
}

static bool is_for_us(const struct backend_core *b, const struct frame *f)
{
    const struct service_info *info = service_info(b->options.service);
    uint64_t                   number = msg_number(f->body);
    return f->id && f->ttl_ms && number >= info->first && number <= info->last;
}

static void begin(struct backend_core *b, uint64_t now, struct link *l, const struct frame *f,
                  struct slot *s)
{
    struct request_in *rq = mem_new(sizeof *rq);

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
    say_accept(b, l, f);
    struct action *a = outbox_add(&b->out, ACTION_REQUEST, rq->handle, f->body);
    a->number = msg_number(f->body);
    a->ttl_ms = f->ttl_ms;
    str_format(a->trace, sizeof a->trace, "%.*s", (int)f->trace.len,
               f->trace.len ? f->trace.p : "");
}

void request_take(struct backend_core *b, uint64_t now, struct link *l, const struct frame *f)
{
    struct slot *s = NULL;

    if (!is_for_us(b, f)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    if (is_known(l, f->id, f->attempt)) {
        metric_add(METRIC_BUS_LATE, 1);
        return;
    }
    if (b->options.slots)
        s = slot_use(b, l, f->sequence);
    if (b->draining || (b->options.slots ? !s : l->request_count >= b->options.window)) {
        remember(l, f->id, f->attempt);
        say_busy(b, l, f);
        if (s)
            slot_free(b, now, s);
        return;
    }
    begin(b, now, l, f, s);
    if (s)
        slots_refill(b, now, l);
}

/* ---- the end ---- */

void requests_drained(struct backend_core *b)
{
    if (!b->draining || b->drained || !TAILQ_EMPTY(&b->requests))
        return;
    b->drained = true;
    outbox_add(&b->out, ACTION_DRAINED, 0, (struct str){0});
}

static void request_end(struct backend_core *b, uint64_t now, struct request_in *rq)
{
    struct slot *s = rq->slot;

    if (rq->link) {
        TAILQ_REMOVE(&rq->link->requests, rq, in_link);
        rq->link->request_count--;
        remember(rq->link, rq->id, rq->attempt);
    }
    TAILQ_REMOVE(&b->requests, rq, in_all);
    id_table_take(&b->by_handle, rq->handle);
    free(rq);
    if (s)
        slot_free(b, now, s);
    requests_drained(b);
}

static struct request_in *need(struct backend_core *b, uint64_t handle)
{
    struct request_in *rq = request_find(b, handle);
    must(rq); /* a request is ended once */
    return rq;
}

/* An end of a request that nobody wants any more goes out as CANCELLED. */
static void say_end(struct backend_core *b, uint64_t now, struct request_in *rq, uint64_t type,
                    struct str body)
{
    if (rq->link && rq->cancelled)
        say_cancelled(b, rq->link, rq->id, rq->attempt);
    else if (rq->link)
        answer(b, rq->link, type, rq->id, rq->attempt, rq->chunks, body);
    request_end(b, now, rq);
}

void backend_core_final(struct backend_core *b, uint64_t now, uint64_t handle, struct str body)
{
    must(body.len <= BODY_MAX);
    say_end(b, now, need(b, handle), FRAME_FINAL, body);
}

void backend_core_error(struct backend_core *b, uint64_t now, uint64_t handle,
                        const struct error *e)
{
    struct buf body = {0};

    error_encode(e, &body);
    say_end(b, now, need(b, handle), FRAME_ERROR, buf_view(&body));
    buf_fini(&body);
}

void backend_core_cancelled(struct backend_core *b, uint64_t now, uint64_t handle)
{
    struct request_in *rq = need(b, handle);

    rq->cancelled = true;
    say_end(b, now, rq, 0, (struct str){0});
}

void backend_core_chunk(struct backend_core *b, uint64_t now, uint64_t handle, struct str body)
{
    struct request_in *rq = need(b, handle);

    (void)now;
    must(body.len <= BODY_MAX);
    if (!rq->link || rq->cancelled)
        return;
    must(rq->sent - rq->taken < CREDIT_WINDOW); /* wait for on_credit */
    rq->sent += body.len;
    answer(b, rq->link, FRAME_CHUNK, rq->id, rq->attempt, ++rq->chunks, body);
}

uint64_t backend_core_credit(const struct backend_core *b, uint64_t handle)
{
    const struct request_in *rq = request_find(b, handle);

    if (!rq || !rq->link || rq->cancelled || rq->sent - rq->taken >= CREDIT_WINDOW)
        return 0;
    return CREDIT_WINDOW - (rq->sent - rq->taken);
}

/* ---- what happens to it ---- */

static void cancel(struct backend_core *b, struct request_in *rq)
{
    if (rq->cancelled)
        return;
    rq->cancelled = true;
    outbox_add(&b->out, ACTION_CANCEL, rq->handle, (struct str){0});
}

void request_cancel(struct backend_core *b, struct link *l, const struct frame *f)
{
    struct request_in *rq = find_in_work(l, f->id, f->attempt);
    struct cancel      said;

    if (cancel_decode(&said, f->body))
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
    else if (!f->id)
        outbox_add(&b->out, ACTION_CANCEL_TURN, 0, said.turn_id);
    else if (rq)
        cancel(b, rq);
    else /* it has ended, but the gateway may not know */
        say_cancelled(b, l, f->id, f->attempt);
}

void request_credit(struct backend_core *b, struct link *l, const struct frame *f)
{
    struct request_in *rq = find_in_work(l, f->id, f->attempt);
    struct credit      said;

    if (credit_decode(&said, f->body) || (rq && said.bytes > rq->sent)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    if (!rq || said.bytes <= rq->taken)
        return;
    bool had_none = !backend_core_credit(b, rq->handle);
    rq->taken = said.bytes;
    if (had_none && backend_core_credit(b, rq->handle))
        outbox_add(&b->out, ACTION_CREDIT, rq->handle, (struct str){0});
}

void requests_orphan(struct backend_core *b, struct link *l)
{
    struct request_in *rq;

    while ((rq = TAILQ_FIRST(&l->requests))) {
        TAILQ_REMOVE(&l->requests, rq, in_link);
        rq->link = NULL;
        cancel(b, rq);
    }
    l->request_count = 0;
}

void requests_tick(struct backend_core *b, uint64_t now)
{
    struct request_in *rq;

    TAILQ_FOREACH (rq, &b->requests, in_all)
        if (now >= rq->deadline)
            cancel(b, rq);
}
