/* Requests at backends: sent, watched, answered, cancelled. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"
#include "wire/messages.h"

/* Ids use 56 bits and attempts are few, so the two fit into one number. */
static uint64_t attempt_key(uint64_t id, uint64_t number)
{
    return id << 8 | (number & 0xFF);
}

struct attempt *attempt_find(const struct gateway_core *g, uint64_t id, uint64_t number)
{
    struct attempt *t = id_table_find(&g->attempts, attempt_key(id, number));
    return t && t->id == id && t->number == number ? t : NULL;
}

void attempt_start(struct gateway_core *g, uint64_t now, struct ask *a, struct conn *c,
                   uint64_t offer)
{
    struct attempt *t = mem_new(sizeof *t);

    must(!a->attempt && !a->waiter.waits && !a->rest_until && a->deadline > now);
    t->conn = c;
    t->ask = a;
    t->id = a->id;
    t->number = ++a->attempts;
    t->accept_by = now + service_info(a->service)->accept_ms;
    TAILQ_INSERT_TAIL(&c->attempts, t, in_conn);
    c->attempt_count++;
    id_table_add(&g->attempts, attempt_key(t->id, t->number), t);
    metric_add(METRIC_BUS_IN_FLIGHT, 1);
    if (t->number > 1)
        metric_add_for(METRIC_BUS_RETRIES, service_name(a->service), NULL, 1);
    a->attempt = t;
    conn_send(g, now, c,
              (struct frame){.type = FRAME_REQUEST,
                             .id = t->id,
                             .attempt = t->number,
                             .sequence = offer,
                             .ttl_ms = a->deadline - now,
                             .trace = str_of(a->trace),
                             .body = buf_view(&a->body)});
}

/* Its place is free again.  The ask, if it still wants one, has no attempt now. */
static struct ask *attempt_end(struct gateway_core *g, struct attempt *t)
{
    struct ask *a = t->ask;

    id_table_take(&g->attempts, attempt_key(t->id, t->number));
    TAILQ_REMOVE(&t->conn->attempts, t, in_conn);
    t->conn->attempt_count--;
    metric_add(METRIC_BUS_IN_FLIGHT, -1);
    if (a)
        a->attempt = NULL;
    free(t);
    return a;
}

static void send_cancel(struct gateway_core *g, uint64_t now, struct attempt *t)
{
    struct buf body = {0};

    cancel_encode(&(struct cancel){0}, &body);
    conn_send(
        g, now, t->conn,
        (struct frame){
            .type = FRAME_CANCEL, .id = t->id, .attempt = t->number, .body = buf_view(&body)});
    buf_fini(&body);
    t->cancel_at = now + CANCEL_AGAIN_MS;
}

void attempt_cancel(struct gateway_core *g, uint64_t now, struct attempt *t)
{
    t->ask->attempt = NULL;
    t->ask = NULL;
    send_cancel(g, now, t);
}

/* ---- failures of the backend ---- */

static struct failure gone(const struct conn *c)
{
    return (struct failure){.err = service_info(c->service)->down, .retryable = true};
}

static void give_up(struct gateway_core *g, uint64_t now, struct attempt *t, struct failure why)
{
    struct ask *a = t->ask;
    uint64_t    route = t->conn->route;

    attempt_cancel(g, now, t);
    ask_move_on(g, now, a, route, &why);
}

void attempts_recall(struct gateway_core *g, uint64_t now, struct conn *c)
{
    struct attempt *t;

    TAILQ_FOREACH (t, &c->attempts, in_conn)
        if (t->ask)
            give_up(g, now, t, gone(c));
}

void attempts_lost(struct gateway_core *g, uint64_t now, struct conn *c)
{
    struct attempt *t;

    while ((t = TAILQ_FIRST(&c->attempts))) {
        struct ask    *a = attempt_end(g, t);
        struct failure why = gone(c);
        if (a)
            ask_move_on(g, now, a, c->route, &why);
    }
}

void attempt_check(struct gateway_core *g, uint64_t now, struct attempt *t)
{
    if (!t->accept_by || now < t->accept_by)
        return;
    t->conn->doubted = true;
    give_up(g, now, t, gone(t->conn));
}

void attempts_tick(struct gateway_core *g, uint64_t now, struct conn *c)
{
    struct attempt *t;

    TAILQ_FOREACH (t, &c->attempts, in_conn)
        if (!t->ask && now >= t->cancel_at)
            send_cancel(g, now, t);
}

/* ---- answers ---- */

static void on_chunk(struct gateway_core *g, uint64_t now, struct attempt *t, const struct frame *f)
{
    struct ask *a = t->ask;

    if (!a || f->sequence <= a->chunks) {
        metric_add(METRIC_BUS_LATE, 1);
        return;
    }
    t->accept_by = 0;
    if (f->sequence != a->chunks + 1 || a->bytes - a->credited >= CREDIT_WINDOW) {
        /* A piece is missing, or it sends more than it may. */
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        give_up(g, now, t, gone(t->conn));
        return;
    }
    a->chunks++;
    a->bytes += f->body.len;
    outbox_add(&g->out, ACTION_CHUNK, a->id, f->body);
}

static void on_final(struct gateway_core *g, uint64_t now, struct attempt *t, const struct frame *f)
{
    if (t->ask && f->sequence && f->sequence != t->ask->chunks) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        give_up(g, now, t, gone(t->conn)); /* it counted more pieces than came */
        return;
    }
    struct ask *a = attempt_end(g, t);
    if (a)
        ask_final(g, a, f->body);
}

static void on_error(struct gateway_core *g, uint64_t now, struct attempt *t, const struct frame *f)
{
    uint64_t     route = t->conn->route;
    struct error said;
    bool         readable = error_decode(&said, f->body) == ERR_OK;
    struct ask  *a = attempt_end(g, t);

    if (!readable) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        said = (struct error){.code = STR("bad_frame")};
    }
    if (a)
        ask_error(g, now, a, route,
                  &(struct failure){.err = err_of_code(said.code),
                                    .retryable = said.retryable,
                                    .here = said.local,
                                    .retry_after_ms = said.retry_after_ms,
                                    .detail = said.detail});
}

static void on_busy(struct gateway_core *g, uint64_t now, struct attempt *t)
{
    struct conn   *c = t->conn;
    struct failure why = gone(c);

    c->full_until = now + BUSY_PAUSE_MS;
    struct ask *a = attempt_end(g, t);
    if (a && a->chunks) { /* that was not nothing */
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        ask_move_on(g, now, a, c->route, &why);
    } else if (a) {
        ask_again(g, now, a);
    }
}

/* We did not ask for it: its clock ran out a moment before ours, or it gave up. */
static void on_cancelled(struct gateway_core *g, uint64_t now, struct attempt *t)
{
    struct conn   *c = t->conn;
    struct failure why = gone(c);
    struct ask    *a = attempt_end(g, t);

    if (a && now < a->deadline)
        ask_move_on(g, now, a, c->route, &why);
    else if (a)
        ask_timeout(g, now, a);
}

void attempt_take(struct gateway_core *g, uint64_t now, struct attempt *t, const struct frame *f)
{
    switch (f->type) {
    case FRAME_ACCEPT:
        t->accept_by = 0;
        break;
    case FRAME_CHUNK:
        on_chunk(g, now, t, f);
        break;
    case FRAME_FINAL:
        on_final(g, now, t, f);
        break;
    case FRAME_ERROR:
        on_error(g, now, t, f);
        break;
    case FRAME_BUSY:
        on_busy(g, now, t);
        break;
    case FRAME_CANCELLED:
        on_cancelled(g, now, t);
        break;
    default:
        break;
    }
}
