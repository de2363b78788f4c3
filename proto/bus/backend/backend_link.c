/* The links to gateways, from WHO over WELCOME to their loss. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "bus/backend/backend_internal.h"

struct backend_link *backend_link_find(const struct backend_core *b, uint64_t id)
{
    return id_table_find(&b->by_id, id);
}

void backend_link_add(struct backend_core *b, uint64_t now, uint64_t id)
{
    struct backend_link *l = mem_new(sizeof *l);

    l->id = id;
    l->heartbeat_ms = FIRST_HEARTBEAT_MS;
    l->last_received = l->last_ping = now;
    TAILQ_INIT(&l->requests);
    TAILQ_INSERT_TAIL(&b->links, l, in_all);
    id_table_add(&b->by_id, id, l);
}

void backend_link_remove(struct backend_core *b, struct backend_link *l)
{
    backend_link_reset(b, l, "no longer dialed");
    id_table_take(&b->by_id, l->id);
    TAILQ_REMOVE(&b->links, l, in_all);
    if (b->last_served == l)
        b->last_served = NULL;
    free(l);
}

/* ---- coming up ---- */

static bool is_reached_elsewhere(const struct backend_core *b, const struct backend_link *l)
{
    const struct backend_link *other;

    TAILQ_FOREACH (other, &b->links, in_all)
        if (other != l && other->state >= LINK_READY && other->epoch == l->epoch)
            return true;
    return false;
}

void backend_link_on_who(struct backend_core *b, uint64_t now, struct backend_link *l,
                         uint64_t epoch)
{
    backend_link_reset(b, l, "the gateway does not know this connection");
    l->epoch = epoch;
    l->last_received = now;
    if (b->draining)
        return;
    if (is_reached_elsewhere(b, l)) {
        l->state = LINK_DUPLICATE;
        return;
    }
    backend_send_ready(b, l);
    l->state = LINK_READY;
}

void backend_link_on_welcome(struct backend_core *b, uint64_t now, struct backend_link *l,
                             const struct frame *f)
{
    struct welcome welcome;

    if (welcome_decode(&welcome, f->body) || welcome.protocol != PROTOCOL_VERSION ||
        !welcome.heartbeat_ms) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    if (l->state != LINK_READY || f->epoch != l->epoch)
        return;
    l->state = LINK_UP;
    memset(l->recent, 0, sizeof l->recent); /* the gateway may have restarted: other ids */
    l->heartbeat_ms = welcome.heartbeat_ms;
    l->last_received = l->last_ping = now;
    log_info(0, "bus.link_up", "gateway=%016" PRIx64, l->epoch);
    if (b->draining) /* it began after READY, so this gateway does not know */
        backend_send_drain(b, l);
    backend_slot_offer(b, now);
}

/* ---- being lost ---- */

void backend_link_reset(struct backend_core *b, struct backend_link *l, const char *why)
{
    if (l->state == LINK_UP)
        log_info(0, "bus.link_down", "gateway=%016" PRIx64 " why=%s", l->epoch,
                 log_quote(str_of(why)));
    l->state = LINK_SILENT;
    l->heartbeat_ms = FIRST_HEARTBEAT_MS;
    l->waiting = 0;
    backend_request_orphan(b, l);
    backend_slot_recover(b, l);
}

/* On a link that is not up the PING has epoch 0, and a gateway replies WHO. */
static void send_ping(struct backend_core *b, uint64_t now, struct backend_link *l)
{
    backend_send_ping(b, l,
                      b->options.slots ? backend_slot_count_untaken(b)
                                       : b->options.window - l->request_count);
    l->last_ping = now;
}

void backend_link_tick(struct backend_core *b, uint64_t now, struct backend_link *l)
{
    uint64_t interval = l->heartbeat_ms, dead = DEAD_BEATS * l->heartbeat_ms;

    /* PING keeps the offers valid.  One that is overdue by this much means that
     * this process did not run, and that the gateway has dropped the link. */
    if (l->state == LINK_UP && (now - l->last_received > dead || now - l->last_ping > dead))
        backend_link_reset(b, l, "silent");
    if (l->request_count && interval > BUSY_BEAT_MS)
        interval = BUSY_BEAT_MS;
    if (now - l->last_ping >= interval && !(b->draining && l->state != LINK_UP))
        send_ping(b, now, l);
}

/* ---- leaving ---- */

void backend_link_drain(struct backend_core *b)
{
    struct backend_link *l;

    TAILQ_FOREACH (l, &b->links, in_all)
        if (l->state == LINK_UP)
            backend_send_drain(b, l);
}

/* Also where WELCOME is still on its way: that gateway has taken this instance in
 * and would otherwise wait for its heartbeat.  BYE follows READY on the connection. */
void backend_link_bye(struct backend_core *b)
{
    struct backend_link *l;

    TAILQ_FOREACH (l, &b->links, in_all)
        if (l->state >= LINK_READY)
            backend_send_bye(b, l);
}
