/* What happens to a gateway, handed to the part it concerns.
 *
 * The life of a question:
 *
 *                 offer or place free             ACCEPT             CHUNK*, FINAL
 *   ask ──► waits ───────────────────► attempt ───────────► in work ──────────────► ended
 *             ▲                           │ BUSY               │
 *             ├───────────────────────────┘                    │ ERROR retryable, backend gone,
 *             │                                                │ no ACCEPT in time
 *             └──────────── rests (retry_after) ◄──────────────┘
 *
 *   and from everywhere: its ttl is over, too many tries, no budget ──► ended
 *
 * What stays true, whatever the network does:
 *  1. An ask that is open waits in its desk's queue, rests, or has exactly one attempt.
 *  2. It ends once: the end is put into the outbox in the moment it leaves the table.
 *  3. Chunks reach the request_nonce in order and from one attempt only: after the first
 *     one there is no other attempt.
 *  4. An offer is used for one REQUEST at most; it goes with its connection.
 *  5. A conn never holds more attempts than its window, cancelled ones counted.
 *  6. A cancelled attempt is told CANCEL again and again until its end comes back.
 *  7. A conn that was silent for DEAD_BEATS heartbeats, or takes no frames, is
 *     gone, and so is everything it had.
 *  8. Frames of another epoch, and answers to attempts nobody knows, change nothing. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/gateway/gateway_internal.h"
#include "wire/messages.h"

struct gateway_core *gateway_core_new(const struct gateway_core_options *o, uint64_t now)
{
    struct gateway_core *g = mem_new(sizeof *g);

    must(o->epoch && o->heartbeat_ms);
    g->options = *o;
    g->ticked = now;
    g->dice.state = o->seed;
    /* A restarted gateway still gets old answers, so ids start at a random
     * point; the top byte stays free for the attempt (attempt_key). */
    g->last_id = prng_next(&g->dice) >> 16;
    TAILQ_INIT(&g->asks);
    for (unsigned s = 0; s < SERVICE_COUNT; s++) {
        struct desk *d = &g->desks[s];
        TAILQ_INIT(&d->conns);
        TAILQ_INIT(&d->loans);
        queue_init(&d->queue, o->queue_max,
                   service_info((enum service)s)->sharing == SHARING_WINDOW, now);
        retry_budget_init(&d->budget, now);
        d->there_at = now;
    }
    return g;
}

void gateway_core_free(struct gateway_core **gateway)
{
    struct gateway_core *g = *gateway;
    struct conn         *c;
    struct ask          *a;

    if (!g)
        return;
    while ((a = TAILQ_FIRST(&g->asks)))
        gateway_core_cancel(g, g->ticked, a->id);
    for (unsigned s = 0; s < SERVICE_COUNT; s++)
        while ((c = TAILQ_FIRST(&g->desks[s].conns)))
            conn_end(g, g->ticked, c, "closing");
    id_table_fini(&g->by_route);
    id_table_fini(&g->by_id);
    id_table_fini(&g->attempts);
    outbox_fini(&g->out);
    free(g);
    *gateway = NULL;
}

bool gateway_core_next(struct gateway_core *g, struct action *out)
{
    return outbox_take(&g->out, out);
}

static void on_reply(struct gateway_core *g, uint64_t now, struct conn *c, const struct frame *f)
{
    struct attempt *t = attempt_find(g, f->id, f->attempt);

    if (t && t->conn == c)
        attempt_take(g, now, t, f);
    else
        metric_add(METRIC_BUS_LATE, 1);
}

static void on_frame(struct gateway_core *g, uint64_t now, struct conn *c, const struct frame *f)
{
    switch (f->type) {
    case FRAME_PING:
        conn_ping(g, now, c, f->body);
        break;
    case FRAME_OFFER:
        loan_take_in(g, c, f->body);
        break;
    case FRAME_REVOKE:
        loan_give_back(g, now, c, f->body);
        break;
    case FRAME_ACCEPT:
    case FRAME_CHUNK:
    case FRAME_FINAL:
    case FRAME_ERROR:
    case FRAME_BUSY:
    case FRAME_CANCELLED:
        on_reply(g, now, c, f);
        break;
    case FRAME_DRAIN:
        conn_drain(g, c);
        break;
    case FRAME_BYE:
        conn_end(g, now, c, "bye");
        break;
    default: /* of a newer backend, or one that a gateway sends */
        break;
    }
}

void gateway_core_frame(struct gateway_core *g, uint64_t now, const struct sender *from,
                        struct str bytes)
{
    struct frame f;

    gateway_core_tick(g, now);
    struct conn *c = conn_find(g, from->route);
    must(!c || c->service == from->service); /* gateway_core_allow ended the others */
    if (!bytes.len) {
        send_who(g, from->route);
        return;
    }
    if (frame_decode(&f, bytes) || f.version != PROTOCOL_VERSION) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        return;
    }
    metric_add(METRIC_BUS_FRAMES_IN, 1);
    if (f.type == FRAME_READY) {
        conn_ready(g, now, from, f.body);
    } else if (!c || f.epoch != g->options.epoch) {
        if (f.epoch && f.epoch != g->options.epoch)
            metric_add(METRIC_BUS_OLD_EPOCH, 1);
        if (f.type != FRAME_BYE)
            send_who(g, from->route);
    } else {
        c->heard = now;
        c->doubted = false;
        on_frame(g, now, c, &f);
    }
    match_all(g, now);
}

void gateway_core_lost(struct gateway_core *g, uint64_t now, uint64_t route)
{
    struct conn *c = conn_find(g, route);

    if (c)
        conn_end(g, now, c, "takes no frames");
    match_all(g, now);
}

void gateway_core_allow(struct gateway_core *g, uint64_t now, const struct allow *allow)
{
    for (unsigned s = 0; s < SERVICE_COUNT; s++) {
        struct conn *next;
        for (struct conn *c = TAILQ_FIRST(&g->desks[s].conns); c; c = next) {
            enum service service;
            next = TAILQ_NEXT(c, in_desk);
            if (!allow_find(allow, str_of(c->key), &service) || service != c->service)
                conn_end(g, now, c, "its key is not allowed any more");
        }
    }
    match_all(g, now);
}

/* When this process could not run for a while, the answers that came meanwhile
 * are read before anybody is called late, silent, dead or away. */
static bool has_stalled(struct gateway_core *g, uint64_t now)
{
    g->stalled = !g->stalled && now - g->ticked > STALL_MS;
    for (unsigned s = 0; s < SERVICE_COUNT && g->stalled; s++)
        g->desks[s].there_at = now;
    return g->stalled;
}

void gateway_core_tick(struct gateway_core *g, uint64_t now)
{
    if (now - g->ticked < GATEWAY_TICK_MS)
        return;
    bool stalled = has_stalled(g, now);
    g->ticked = now;
    if (stalled)
        return;
    conns_tick(g, now);
    asks_tick(g, now);
    match_tick(g, now);
}

void gateway_core_cancel_turn(struct gateway_core *g, uint64_t now, struct str turn_id)
{
    struct cancel cancel = {.turn_id = turn_id};
    struct buf    body = {0};
    struct conn  *c;

    cancel_encode(&cancel, &body);
    TAILQ_FOREACH (c, &g->desks[SERVICE_LLM_WORKER].conns, in_desk)
        conn_send(g, now, c, (struct frame){.type = FRAME_CANCEL, .body = buf_view(&body)});
    buf_fini(&body);
}

unsigned gateway_core_instances(const struct gateway_core *g, uint64_t now, enum service s)
{
    const struct conn *c;
    unsigned           count = 0;

    TAILQ_FOREACH (c, &g->desks[s].conns, in_desk)
        count += conn_is_live(g, c, now);
    return count;
}

unsigned gateway_core_open(const struct gateway_core *g)
{
    return g->ask_count;
}
