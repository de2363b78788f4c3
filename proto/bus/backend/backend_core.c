/* The public entries and the tick of a backend.
 *
 * The life of a link:
 *
 *                 WHO                  WELCOME
 *   SILENT ──────────────► READY ─────────────────► UP
 *     ▲  \ WHO of a gateway                          │ silence, a frame that cannot
 *     │   \ that another link reaches                │ be sent, WHO
 *     │    ► DUPLICATE                               │
 *     └──────────────────────────────────────────────┘
 *
 * Invariants, whatever the network does:
 *  1. READY is sent only in reply to WHO, and only on one of the links that lead
 *     to the same gateway: otherwise they would replace each other endlessly.
 *  2. Everything on a link belongs to one WELCOME.  When the link leaves UP, its
 *     requests are cancelled and its offers are void.
 *  3. A slot is free, or offered to one gateway, or works on one request.
 *  4. An offer id is used once; a REQUEST with another one gets BUSY.
 *  5. A request is delivered once, however often its REQUEST arrives.
 *  6. The time is checked before a frame is read: after this process did not run
 *     for long, all links are down before the first old frame is read.
 *  7. Frames of another epoch change nothing. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/backend/backend_internal.h"

#define SLOTS_MAX 16384

struct backend_core *backend_core_new(const struct backend_core_options *o, uint64_t now)
{
    struct backend_core *b = mem_new(sizeof *b);
    struct prng          prng = {o->seed};

    must(!o->window != !o->slots && o->slots <= SLOTS_MAX);
    b->options = *o;
    if (!o->offers)
        b->options.offers = OFFERS_DEFAULT;
    b->last_tick = now;
    b->last_offer = prng_next(&prng) >> 16;
    b->slots = mem_new(o->slots * sizeof *b->slots);
    TAILQ_INIT(&b->links);
    TAILQ_INIT(&b->requests);
    return b;
}

void backend_core_free(struct backend_core **backend)
{
    struct backend_core    *b = *backend;
    struct request_in_work *rq;
    struct backend_link    *l;

    if (!b)
        return;
    while ((l = TAILQ_FIRST(&b->links)))
        backend_link_remove(b, l);
    while ((rq = TAILQ_FIRST(&b->requests)))
        backend_core_cancelled(b, b->last_tick, rq->handle);
    id_table_fini(&b->by_id);
    id_table_fini(&b->by_handle);
    outbox_fini(&b->out);
    free(b->slots);
    free(b);
    *backend = NULL;
}

bool backend_core_next(struct backend_core *b, struct action *out)
{
    return outbox_take(&b->out, out);
}

void backend_core_link(struct backend_core *b, uint64_t now, uint64_t link)
{
    backend_link_add(b, now, link);
}

void backend_core_unlink(struct backend_core *b, uint64_t link)
{
    struct backend_link *l = backend_link_find(b, link);

    must(l);
    backend_link_remove(b, l);
}

/* ---- frames ---- */

static void bad_frame(void)
{
    metric_add(METRIC_BUS_BAD_FRAMES, 1);
}

static void on_pong(struct backend_core *b, uint64_t now, struct backend_link *l, struct str body)
{
    struct pong pong;

    if (pong_decode(&pong, body))
        bad_frame();
    else
        backend_slot_on_demand(b, now, l, pong.queued, pong.oldest_ms);
}

static void on_demand(struct backend_core *b, uint64_t now, struct backend_link *l, struct str body)
{
    struct demand demand;

    if (demand_decode(&demand, body))
        bad_frame();
    else
        backend_slot_on_demand(b, now, l, demand.queued, demand.oldest_ms);
}

static void on_release(struct backend_core *b, uint64_t now, struct backend_link *l,
                       struct str body)
{
    struct release release;

    if (release_decode(&release, body))
        bad_frame();
    else
        backend_slot_on_release(b, now, l, release.offer);
}

/* On a link that is up. */
static void on_frame(struct backend_core *b, uint64_t now, struct backend_link *l,
                     const struct frame *f)
{
    switch (f->type) {
    case FRAME_PONG:
        on_pong(b, now, l, f->body);
        break;
    case FRAME_DEMAND:
        on_demand(b, now, l, f->body);
        break;
    case FRAME_RELEASE:
        on_release(b, now, l, f->body);
        break;
    case FRAME_REQUEST:
        backend_request_begin(b, now, l, f);
        break;
    case FRAME_CANCEL:
        backend_request_on_cancel(b, l, f);
        break;
    case FRAME_CREDIT:
        backend_request_on_credit(b, l, f);
        break;
    default: /* of a newer gateway, or one that only backends send */
        break;
    }
}

void backend_core_frame(struct backend_core *b, uint64_t now, uint64_t link, struct str bytes)
{
    struct backend_link *l = backend_link_find(b, link);
    struct frame         f;

    must(l);
    backend_core_tick(b, now);
    if (!bytes.len)
        return;
    if (frame_decode(&f, bytes) || f.version != PROTOCOL_VERSION) {
        bad_frame();
        return;
    }
    metric_add(METRIC_BUS_FRAMES_IN, 1);
    if (f.type == FRAME_WHO) {
        backend_link_on_who(b, now, l, f.epoch);
    } else if (f.type == FRAME_WELCOME) {
        backend_link_on_welcome(b, now, l, &f);
    } else if (l->state != LINK_UP || f.epoch != l->epoch) {
        metric_add(f.epoch == l->epoch ? METRIC_BUS_LATE : METRIC_BUS_OLD_EPOCH, 1);
    } else {
        l->last_received = now;
        on_frame(b, now, l, &f);
    }
}

void backend_core_send_failed(struct backend_core *b, uint64_t link)
{
    struct backend_link *l = backend_link_find(b, link);

    if (l && l->state != LINK_SILENT)
        backend_link_reset(b, l, "cannot be sent to");
}

void backend_core_tick(struct backend_core *b, uint64_t now)
{
    struct backend_link *l;

    if (now - b->last_tick < BACKEND_TICK_MS)
        return;
    b->last_tick = now;
    TAILQ_FOREACH (l, &b->links, in_all)
        backend_link_tick(b, now, l);
    backend_request_tick(b, now);
    backend_slot_tick(b, now);
}

/* ---- commands ---- */

void backend_core_final(struct backend_core *b, uint64_t now, uint64_t handle, struct str body)
{
    must(body.len <= BODY_MAX);
    backend_request_end(b, now, backend_request_need(b, handle), FRAME_FINAL, body);
}

void backend_core_error(struct backend_core *b, uint64_t now, uint64_t handle,
                        const struct error *e)
{
    struct buf body = {0};

    error_encode(e, &body);
    backend_request_end(b, now, backend_request_need(b, handle), FRAME_ERROR, buf_view(&body));
    buf_fini(&body);
}

void backend_core_cancelled(struct backend_core *b, uint64_t now, uint64_t handle)
{
    struct request_in_work *rq = backend_request_need(b, handle);

    rq->cancelled = true;
    backend_request_end(b, now, rq, FRAME_CANCELLED, (struct str){0});
}

void backend_core_chunk(struct backend_core *b, uint64_t handle, struct str body)
{
    must(body.len <= BODY_MAX);
    backend_request_chunk(b, backend_request_need(b, handle), body);
}

void backend_core_drain(struct backend_core *b, uint64_t now)
{
    backend_core_tick(b, now);
    b->draining = true;
    backend_link_drain(b);
    backend_request_check_drained(b);
}

void backend_core_bye(struct backend_core *b)
{
    backend_link_bye(b);
}

/* ---- state ---- */

uint64_t backend_core_credit(const struct backend_core *b, uint64_t handle)
{
    const struct request_in_work *rq = backend_request_find(b, handle);
    return rq ? backend_request_credit(rq) : 0;
}

bool backend_core_is_open(const struct backend_core *b, uint64_t handle)
{
    return backend_request_find(b, handle) != NULL;
}

bool backend_core_is_up(const struct backend_core *b, uint64_t link)
{
    const struct backend_link *l = backend_link_find(b, link);
    return l && l->state == LINK_UP;
}

unsigned backend_core_gateways(const struct backend_core *b)
{
    const struct backend_link *l;
    unsigned                   count = 0;

    TAILQ_FOREACH (l, &b->links, in_all)
        count += l->state == LINK_UP;
    return count;
}

bool backend_core_is_draining(const struct backend_core *b)
{
    return b->draining;
}

void backend_core_update_metrics(const struct backend_core *b)
{
    metric_set(METRIC_BUS_GATEWAYS, backend_core_gateways(b));
    if (b->options.slots)
        backend_slot_update_metrics(b);
}
