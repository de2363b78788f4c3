/* One REQUEST at one backend: sent, watched, cancelled.  What follows from its
 * outcome is decided in gateway_request.c. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"

/* Ids use 56 bits and attempts are few, so one number holds both. */
static uint64_t attempt_key(uint64_t id, uint64_t number)
{
    return id << 8 | (number & 0xFF);
}

struct gateway_attempt *gateway_attempt_find(const struct gateway_core *g, uint64_t id,
                                             uint64_t number)
{
    struct gateway_attempt *t = id_table_find(&g->attempts, attempt_key(id, number));
    return t && t->id == id && t->number == number ? t : NULL;
}

void gateway_attempt_start(struct gateway_core *g, uint64_t now, struct gateway_request *r,
                           struct gateway_connection *c, uint64_t offer)
{
    struct gateway_attempt *t = mem_new(sizeof *t);

    must(!r->attempt && !r->entry.is_queued && !r->retry_at && r->deadline > now);
    t->connection = c;
    t->request = r;
    t->id = r->id;
    t->number = ++r->attempt_count;
    t->accept_by = now + services_info(r->service)->accept_ms;
    TAILQ_INSERT_TAIL(&c->attempts, t, in_connection);
    c->attempt_count++;
    id_table_add(&g->attempts, attempt_key(t->id, t->number), t);
    metric_add(METRIC_BUS_IN_FLIGHT, 1);
    if (t->number > 1)
        metric_add_for(METRIC_BUS_RETRIES, services_name(r->service), NULL, 1);
    r->attempt = t;
    gateway_send_request(g, now, t, offer);
}

static void send_cancel(struct gateway_core *g, uint64_t now, struct gateway_attempt *t)
{
    gateway_send_cancel(g, now, t);
    t->cancel_at = now + CANCEL_REPEAT_MS;
}

void gateway_attempt_cancel(struct gateway_core *g, uint64_t now, struct gateway_attempt *t)
{
    t->request->attempt = NULL;
    t->request = NULL;
    send_cancel(g, now, t);
}

void gateway_attempt_repeat_cancels(struct gateway_core *g, uint64_t now,
                                    struct gateway_connection *c)
{
    struct gateway_attempt *t;

    TAILQ_FOREACH (t, &c->attempts, in_connection)
        if (!t->request && now >= t->cancel_at)
            send_cancel(g, now, t);
}

/* ---- outcomes ---- */

static struct attempt_outcome open_outcome(void)
{
    return (struct attempt_outcome){.kind = ATTEMPT_OPEN};
}

/* The failure is that of a lost backend; an ERROR replaces it. */
static struct attempt_outcome outcome_of(const struct gateway_attempt *t,
                                         enum attempt_outcome_kind     kind)
{
    if (!t->request)
        return open_outcome();
    return (struct attempt_outcome){
        .kind = kind,
        .request = t->request,
        .route = t->connection->route,
        .failure = {.err = services_info(t->connection->service)->down, .retryable = true}};
}

/* Its capacity at the backend is free again. */
static struct attempt_outcome end(struct gateway_core *g, struct gateway_attempt *t,
                                  enum attempt_outcome_kind kind)
{
    struct attempt_outcome outcome = outcome_of(t, kind);

    id_table_take(&g->attempts, attempt_key(t->id, t->number));
    TAILQ_REMOVE(&t->connection->attempts, t, in_connection);
    t->connection->attempt_count--;
    metric_add(METRIC_BUS_IN_FLIGHT, -1);
    if (t->request)
        t->request->attempt = NULL;
    free(t);
    return outcome;
}

struct attempt_outcome gateway_attempt_disconnect(struct gateway_core *g, struct gateway_attempt *t)
{
    return end(g, t, ATTEMPT_LOST);
}

struct attempt_outcome gateway_attempt_recall(struct gateway_core *g, uint64_t now,
                                              struct gateway_attempt *t)
{
    struct attempt_outcome outcome = outcome_of(t, ATTEMPT_LOST);

    if (t->request)
        gateway_attempt_cancel(g, now, t);
    return outcome;
}

struct attempt_outcome gateway_attempt_check_accept(struct gateway_core *g, uint64_t now,
                                                    struct gateway_attempt *t)
{
    if (!t->accept_by || now < t->accept_by)
        return open_outcome();
    t->connection->suspect = true;
    return gateway_attempt_recall(g, now, t);
}

/* ---- frames ---- */

static struct attempt_outcome bad_frame(struct gateway_core *g, uint64_t now,
                                        struct gateway_attempt *t)
{
    metric_add(METRIC_BUS_BAD_FRAMES, 1);
    return gateway_attempt_recall(g, now, t);
}

static struct attempt_outcome on_chunk(struct gateway_core *g, uint64_t now,
                                       struct gateway_attempt *t, const struct frame *f)
{
    struct gateway_request *r = t->request;

    if (!r || f->sequence <= r->chunks) {
        metric_add(METRIC_BUS_LATE, 1);
        return open_outcome();
    }
    t->accept_by = 0;
    /* A chunk is missing, or the backend exceeds its credit. */
    if (f->sequence != r->chunks + 1 || r->bytes - r->announced >= CREDIT_WINDOW)
        return bad_frame(g, now, t);
    r->chunks++;
    r->bytes += f->body.len;
    outbox_add(&g->out, ACTION_CHUNK, r->id, f->body);
    return open_outcome();
}

static struct attempt_outcome on_final(struct gateway_core *g, uint64_t now,
                                       struct gateway_attempt *t, const struct frame *f)
{
    /* The backend sent more chunks than arrived. */
    if (t->request && f->sequence && f->sequence != t->request->chunks)
        return bad_frame(g, now, t);
    struct attempt_outcome outcome = end(g, t, ATTEMPT_FINAL);
    outcome.body = f->body;
    return outcome;
}

static struct attempt_outcome on_error(struct gateway_core *g, struct gateway_attempt *t,
                                       const struct frame *f)
{
    struct attempt_outcome outcome = end(g, t, ATTEMPT_ERROR);
    struct error           error;

    if (error_decode(&error, f->body)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        error = (struct error){.code = STR("bad_frame")};
    }
    outcome.failure = (struct gateway_failure){.err = err_of_code(error.code),
                                               .retryable = error.retryable,
                                               .local = error.local,
                                               .retry_after_ms = error.retry_after_ms,
                                               .detail = error.detail};
    return outcome;
}

static struct attempt_outcome on_busy(struct gateway_core *g, uint64_t now,
                                      struct gateway_attempt *t)
{
    t->connection->busy_until = now + BUSY_PAUSE_MS;
    if (!t->request || !t->request->chunks)
        return end(g, t, ATTEMPT_BUSY);
    metric_add(METRIC_BUS_BAD_FRAMES, 1); /* BUSY means that nothing was done */
    return end(g, t, ATTEMPT_LOST);
}

struct attempt_outcome gateway_attempt_frame(struct gateway_core *g, uint64_t now,
                                             struct gateway_attempt *t, const struct frame *f)
{
    switch (f->type) {
    case FRAME_CHUNK:
        return on_chunk(g, now, t, f);
    case FRAME_FINAL:
        return on_final(g, now, t, f);
    case FRAME_ERROR:
        return on_error(g, t, f);
    case FRAME_BUSY:
        return on_busy(g, now, t);
    case FRAME_CANCELLED:
        return end(g, t, ATTEMPT_CANCELLED);
    default: /* ACCEPT */
        t->accept_by = 0;
        return open_outcome();
    }
}
