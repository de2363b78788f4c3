/* What happens to a backend, handed to the part it concerns.
 *
 * The life of a link:
 *
 *                 WHO                  WELCOME
 *   SILENT ──────────────► ASKED ─────────────────► UP
 *     ▲  \ WHO of a gateway                          │ silence, a frame it does
 *     │   \ that another link reaches                │ not take, WHO
 *     │    ► TWIN                                    │
 *     └──────────────────────────────────────────────┘
 *
 * What stays true, whatever the network does:
 *  1. READY is said only when asked WHO, and only on one link of those that lead
 *     to the same gateway: else they would push each other out for ever.
 *  2. Everything on a link belongs to one WELCOME.  When the link leaves UP, its
 *     requests are cancelled and its offers are void.
 *  3. A slot is free, or offered to one gateway, or works on one request.
 *  4. An offer number is used once; a REQUEST that names another is told BUSY.
 *  5. A request is delivered once, however often its REQUEST comes.
 *  6. Time is looked at before a frame is: after a long stop of this process all
 *     links are down before the first old frame is read.
 *  7. Frames of another epoch change nothing. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/backend/backend_internal.h"

#define SLOTS_MAX 16384

struct backend_core *backend_core_new(const struct backend_core_options *o, uint64_t now)
{
    struct backend_core *b = mem_new(sizeof *b);
    struct prng          dice = {o->seed};

    must(!o->window != !o->slots && o->slots <= SLOTS_MAX);
    b->options = *o;
    if (!o->offers)
        b->options.offers = OFFERS_USUAL;
    b->ticked = now;
    b->last_offer = prng_next(&dice) >> 16;
    b->slots = mem_new(o->slots * sizeof *b->slots);
    TAILQ_INIT(&b->links);
    TAILQ_INIT(&b->requests);
    return b;
}

void backend_core_free(struct backend_core **backend)
{
    struct backend_core *b = *backend;
    struct request_in   *rq;
    struct link         *l;

    if (!b)
        return;
    while ((l = TAILQ_FIRST(&b->links)))
        backend_core_unlink(b, b->ticked, l->id);
    while ((rq = TAILQ_FIRST(&b->requests)))
        backend_core_cancelled(b, b->ticked, rq->handle);
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

static void bad_frame(void)
{
    metric_add(METRIC_BUS_BAD_FRAMES, 1);
}

static void on_pong(struct backend_core *b, uint64_t now, struct link *l, struct str body)
{
    struct pong pong;

    if (pong_decode(&pong, body))
        bad_frame();
    else
        slots_demand(b, now, l, pong.queued, pong.oldest_ms);
}

static void on_demand(struct backend_core *b, uint64_t now, struct link *l, struct str body)
{
    struct demand demand;

    if (demand_decode(&demand, body))
        bad_frame();
    else
        slots_demand(b, now, l, demand.queued, demand.oldest_ms);
}

static void on_release(struct backend_core *b, uint64_t now, struct link *l, struct str body)
{
    struct release release;

    if (release_decode(&release, body))
        bad_frame();
    else
        slots_release(b, now, l, release.offer);
}

/* Frames of a gateway that took us in. */
static void on_frame(struct backend_core *b, uint64_t now, struct link *l, const struct frame *f)
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
        request_take(b, now, l, f);
        break;
    case FRAME_CANCEL:
        request_cancel(b, l, f);
        break;
    case FRAME_CREDIT:
        request_credit(b, l, f);
        break;
    default: /* of a newer gateway, or one that a backend sends */
        break;
    }
}

void backend_core_frame(struct backend_core *b, uint64_t now, uint64_t link, struct str bytes)
{
    struct link *l = link_find(b, link);
    struct frame f;

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
        link_who(b, now, l, f.epoch);
    } else if (f.type == FRAME_WELCOME) {
        link_welcome(b, now, l, &f);
    } else if (l->state != LINK_UP || f.epoch != l->epoch) {
        metric_add(f.epoch == l->epoch ? METRIC_BUS_LATE : METRIC_BUS_OLD_EPOCH, 1);
    } else {
        l->heard = now;
        on_frame(b, now, l, &f);
    }
}

void backend_core_lost(struct backend_core *b, uint64_t now, uint64_t link)
{
    struct link *l = link_find(b, link);

    if (l && l->state != LINK_SILENT)
        link_reset(b, now, l, "takes no frames");
}

void backend_core_tick(struct backend_core *b, uint64_t now)
{
    if (now - b->ticked < BACKEND_TICK_MS)
        return;
    b->ticked = now;
    links_tick(b, now);
    requests_tick(b, now);
    slots_tick(b, now);
}

static void say_to_all(struct backend_core *b, uint64_t type, struct str body)
{
    struct link *l;

    TAILQ_FOREACH (l, &b->links, in_all)
        if (l->state == LINK_UP)
            link_send(b, l, (struct frame){.type = type, .body = body});
}

void backend_core_drain(struct backend_core *b, uint64_t now)
{
    struct buf body = {0};

    backend_core_tick(b, now);
    b->draining = true;
    drain_encode(&(struct drain){0}, &body);
    say_to_all(b, FRAME_DRAIN, buf_view(&body));
    buf_fini(&body);
    requests_drained(b);
}

void backend_core_bye(struct backend_core *b, uint64_t now)
{
    struct buf body = {0};

    (void)now;
    bye_encode(&(struct bye){0}, &body);
    say_to_all(b, FRAME_BYE, buf_view(&body));
    buf_fini(&body);
}

bool backend_core_is_draining(const struct backend_core *b)
{
    return b->draining;
}

void backend_core_update_metrics(const struct backend_core *b)
{
    metric_set(METRIC_BUS_GATEWAYS, backend_core_gateways(b));
    if (b->options.slots)
        slots_count(b);
}
