/* The gateways, from WHO to WELCOME to their loss. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "bus/backend/backend_internal.h"

struct link *link_find(const struct backend_core *b, uint64_t id)
{
    return id_table_find(&b->by_id, id);
}

void backend_core_link(struct backend_core *b, uint64_t now, uint64_t link)
{
    struct link *l = mem_new(sizeof *l);

    l->id = link;
    l->heartbeat_ms = FIRST_BEAT_MS;
    l->heard = l->pinged = now;
    TAILQ_INIT(&l->requests);
    TAILQ_INSERT_TAIL(&b->links, l, in_all);
    id_table_add(&b->by_id, link, l);
}

void backend_core_unlink(struct backend_core *b, uint64_t now, uint64_t link)
{
    struct link *l = id_table_take(&b->by_id, link);

    must(l);
    link_reset(b, now, l, "not dialled any more");
    TAILQ_REMOVE(&b->links, l, in_all);
    if (b->last_fed == l)
        b->last_fed = NULL;
    free(l);
}

bool backend_core_is_up(const struct backend_core *b, uint64_t link)
{
    const struct link *l = link_find(b, link);
    return l && l->state == LINK_UP;
}

unsigned backend_core_gateways(const struct backend_core *b)
{
    const struct link *l;
    unsigned           count = 0;

    TAILQ_FOREACH (l, &b->links, in_all)
        count += l->state == LINK_UP;
    return count;
}

void link_send(struct backend_core *b, struct link *l, struct frame f)
{
    f.version = PROTOCOL_VERSION;
    f.epoch = l->state == LINK_UP ? l->epoch : 0;
    outbox_send(&b->out, l->id, &f);
}

/* ---- getting in ---- */

static void send_ready(struct backend_core *b, struct link *l)
{
    struct ready ready = {.service = str_of(service_name(b->options.service)),
                          .instance = str_of(b->options.instance),
                          .boot = b->options.boot,
                          .protocol_min = PROTOCOL_VERSION,
                          .protocol_max = PROTOCOL_VERSION,
                          .window = b->options.window,
                          .slots = b->options.slots};
    struct buf   body = {0};

    ready_encode(&ready, &body);
    link_send(b, l, (struct frame){.type = FRAME_READY, .body = buf_view(&body)});
    buf_fini(&body);
}

static bool is_reached_elsewhere(const struct backend_core *b, const struct link *l)
{
    const struct link *other;

    TAILQ_FOREACH (other, &b->links, in_all)
        if (other != l && other->state >= LINK_ASKED && other->epoch == l->epoch)
            return true;
    return false;
}

void link_who(struct backend_core *b, uint64_t now, struct link *l, uint64_t epoch)
{
    link_reset(b, now, l, "the gateway asks who we are");
    l->epoch = epoch;
    l->heard = now;
    if (b->draining)
        return;
    if (is_reached_elsewhere(b, l)) {
        l->state = LINK_TWIN;
        return;
    }
    send_ready(b, l);
    l->state = LINK_ASKED;
}

void link_welcome(struct backend_core *b, uint64_t now, struct link *l, const struct frame *f)
{
    struct welcome welcome;

    if (welcome_decode(&welcome, f->body) || welcome.protocol != PROTOCOL_VERSION ||
        !welcome.heartbeat_ms) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    if (l->state != LINK_ASKED || f->epoch != l->epoch)
        return;
    l->state = LINK_UP;
    memset(l->recent, 0, sizeof l->recent); /* another life of the gateway, other ids */
    l->heartbeat_ms = welcome.heartbeat_ms;
    l->heard = l->pinged = now;
    log_info(0, "bus.link_up", "gateway=%016" PRIx64, l->epoch);
    slots_offer(b, now);
}

/* ---- getting lost ---- */

void link_reset(struct backend_core *b, uint64_t now, struct link *l, const char *why)
{
    (void)now;
    if (l->state == LINK_UP)
        log_info(0, "bus.link_down", "gateway=%016" PRIx64 " why=%s", l->epoch,
                 log_quote(str_of(why)));
    l->state = LINK_SILENT;
    l->heartbeat_ms = FIRST_BEAT_MS;
    l->waiting = 0;
    requests_orphan(b, l);
    slots_take_back(b, l);
}

/* On a link that is not up the PING carries epoch 0 and draws a WHO. */
static void send_ping(struct backend_core *b, uint64_t now, struct link *l)
{
    struct ping ping = {.in_flight = b->by_handle.count};
    struct buf  body = {0};

    ping.free = b->options.slots ? slots_unused(b) : b->options.window - l->request_count;
    ping_encode(&ping, &body);
    link_send(b, l, (struct frame){.type = FRAME_PING, .body = buf_view(&body)});
    buf_fini(&body);
    l->pinged = now;
}

static void link_tick(struct backend_core *b, uint64_t now, struct link *l)
{
    uint64_t beat = l->heartbeat_ms, life = DEAD_BEATS * l->heartbeat_ms;

    /* A PING renews what was offered; one that is overdue by so much means that
     * this process did not run, and the gateway has long given us up. */
    if (l->state == LINK_UP && (now - l->heard > life || now - l->pinged > life))
        link_reset(b, now, l, "silent");
    if (l->request_count && beat > BUSY_BEAT_MS)
        beat = BUSY_BEAT_MS;
    if (now - l->pinged >= beat && !(b->draining && l->state != LINK_UP))
        send_ping(b, now, l);
}

void links_tick(struct backend_core *b, uint64_t now)
{
    struct link *l;

    TAILQ_FOREACH (l, &b->links, in_all)
        link_tick(b, now, l);
}
