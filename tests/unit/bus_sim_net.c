/* Connections that delay, hold back, lose, double and break, but keep their order. */
#include <stdlib.h>

#include "bus_sim.h"

static struct wire *wire_of(struct sim *s, unsigned way, unsigned backend)
{
    return &s->wires[way][backend];
}

/* A proxy may deliver old frames to a restarted gateway at the same address: only the
 * epoch shows that they are not for it. */
#define COPIED_MOST 500

static void keep_copy(struct sim *s, unsigned way, struct wire *w, enum side to, struct str bytes)
{
    const struct process *p = &s->gateways[gateway_of(way)].p;

    if (!s->conditions.leaves || bytes.len > COPIED_MOST || !sim_chance(s, 4))
        return;
    struct sim_message *m = mem_new(sizeof *m);
    m->at = s->now - p->started;
    m->life = p->life;
    buf_str(&m->bytes, bytes);
    STAILQ_INSERT_TAIL(&w->old[to], m, next);
}

static void put(struct sim *s, struct wire *w, enum side to, struct str bytes)
{
    struct sim_message *m = mem_new(sizeof *m);
    uint64_t            delay = 1 + sim_below(s, s->conditions.delay_ms);

    if (sim_chance(s, 200) && !s->calm)
        delay += sim_below(s, 500);
    m->at = s->now + delay;
    if (m->at < w->last_at[to])
        m->at = w->last_at[to];
    w->last_at[to] = m->at;
    buf_str(&m->bytes, bytes);
    STAILQ_INSERT_TAIL(&w->coming[to], m, next);
}

/* Frames sent before a side notices that the connection is gone are accepted and
 * lost. */
bool net_send(struct sim *s, unsigned way, unsigned backend, enum side to, struct buf *bytes)
{
    struct wire *w = wire_of(s, way, backend);
    enum side    from = to == TO_GATEWAY ? TO_BACKEND : TO_GATEWAY;

    if (!w->up)
        return s->now < w->blind[from];
    if (s->conditions.loses && !s->calm && sim_chance(s, 100))
        return true;
    put(s, w, to, buf_view(bytes));
    keep_copy(s, way, w, to, buf_view(bytes));
    if (s->conditions.doubles && !s->calm && sim_chance(s, 50))
        put(s, w, to, buf_view(bytes));
    return true;
}

static struct sim_message *take_first(struct messages *list)
{
    struct sim_message *m = STAILQ_FIRST(list);
    if (m)
        STAILQ_REMOVE_HEAD(list, next);
    return m;
}

static void drop_all(struct messages *list)
{
    struct sim_message *m;

    while ((m = take_first(list))) {
        buf_fini(&m->bytes);
        free(m);
    }
}

void net_free(struct sim *s)
{
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned b = 0; b < BACKENDS; b++) {
            for (unsigned side = 0; side < 2; side++) {
                drop_all(&s->wires[way][b].coming[side]);
                drop_all(&s->wires[way][b].old[side]);
            }
        }
    }
}

void net_break(struct sim *s, unsigned way, unsigned backend)
{
    struct wire *w = wire_of(s, way, backend);

    if (!w->up)
        return;
    w->up = false;
    drop_all(&w->coming[TO_GATEWAY]);
    drop_all(&w->coming[TO_BACKEND]);
    w->blind[TO_GATEWAY] = s->now + sim_below(s, sim_chance(s, 4) ? 12000 : 2000);
    w->blind[TO_BACKEND] = s->now + sim_below(s, sim_chance(s, 4) ? 12000 : 2000);
    /* A short break, or a partition. */
    w->again_at = s->now + 250 + sim_below(s, sim_chance(s, 4) ? 12000 : 500);
}

/* ---- partitions ---- */

/* Longer than this, and ZeroMQ's own heartbeats break a connection, mostly. */
#define HELD_MOST_MS 3000

static bool is_held(const struct sim *s, const struct wire *w)
{
    return s->now < w->held[TO_GATEWAY] || s->now < w->held[TO_BACKEND];
}

static void hold(struct sim *s, struct wire *w, uint64_t ms, unsigned ways)
{
    if (ways & 1)
        w->held[TO_GATEWAY] = s->now + ms;
    if (ways & 2)
        w->held[TO_BACKEND] = s->now + ms;
    w->given_up = 0;
    if (ms > HELD_MOST_MS && !sim_chance(s, 4))
        w->given_up = s->now + HELD_MOST_MS + sim_below(s, ms - HELD_MOST_MS);
}

/* A gateway is cut off from all backends or from some, in one direction or in both. */
static void part(struct sim *s, unsigned gateway)
{
    uint64_t ms = sim_below(s, sim_chance(s, 2) ? 2000 : 9000);
    unsigned ways = 1 + (unsigned)sim_below(s, 3);
    bool     all = sim_chance(s, 2);

    for (unsigned b = 0; b < BACKENDS; b++) {
        if (!all && sim_chance(s, 2))
            continue;
        for (unsigned way = 0; way < WAYS; way++)
            if (gateway_of(way) == gateway)
                hold(s, wire_of(s, way, b), ms, ways);
    }
}

static void break_held(struct sim *s, unsigned way, unsigned backend)
{
    struct wire *w = wire_of(s, way, backend);

    if (!w->given_up || s->now < w->given_up)
        return;
    w->given_up = 0;
    net_break(s, way, backend);
}

void net_heal(struct sim *s)
{
    for (unsigned way = 0; way < WAYS; way++)
        for (unsigned b = 0; b < BACKENDS; b++)
            wire_of(s, way, b)->held[TO_GATEWAY] = wire_of(s, way, b)->held[TO_BACKEND] = 0;
}

bool net_is_whole(const struct sim *s, unsigned gateway, unsigned backend)
{
    for (unsigned way = 0; way < WAYS; way++) {
        const struct wire *w = &s->wires[way][backend];
        if (gateway_of(way) == gateway && (!w->up || is_held(s, w)))
            return false;
    }
    return true;
}

/* ---- connections ---- */

static void connect(struct sim *s, unsigned way, unsigned backend)
{
    struct wire *w = wire_of(s, way, backend);

    if (w->up || s->now < w->again_at || is_held(s, w))
        return;
    if (s->gateways[gateway_of(way)].p.dead || s->backends[backend].p.dead)
        return;
    w->up = true;
    w->route = ++s->last_route;
    w->last_at[TO_GATEWAY] = w->last_at[TO_BACKEND] = s->now;
    put(s, w, TO_GATEWAY, (struct str){0}); /* the empty frame of PROBE_ROUTER */
}

static void hand_over(struct sim *s, unsigned way, unsigned backend, enum side to,
                      struct sim_message *m)
{
    if (to == TO_GATEWAY)
        gateway_hears(s, way, backend, buf_view(&m->bytes));
    else
        backend_hears(s, backend, way, buf_view(&m->bytes));
    buf_fini(&m->bytes);
    free(m);
}

static void deliver(struct sim *s, unsigned way, unsigned backend, enum side to)
{
    struct wire        *w = wire_of(s, way, backend);
    struct process     *g = &s->gateways[gateway_of(way)].p;
    struct process     *p = to == TO_GATEWAY ? g : &s->backends[backend].p;
    struct sim_message *m;

    if (s->now < w->held[to])
        return;
    while (process_runs(s, p) && (m = STAILQ_FIRST(&w->coming[to])) && m->at <= s->now)
        hand_over(s, way, backend, to, take_first(&w->coming[to]));

    while (process_runs(s, p) && w->up && !s->calm && (m = STAILQ_FIRST(&w->old[to])) &&
           m->life < g->life && g->started + m->at <= s->now)
        hand_over(s, way, backend, to, take_first(&w->old[to]));
}

void net_step(struct sim *s)
{
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned b = 0; b < BACKENDS; b++) {
            connect(s, way, b);
            deliver(s, way, b, TO_GATEWAY);
            deliver(s, way, b, TO_BACKEND);
            if (s->conditions.breaks && !s->calm && sim_chance(s, 20000 / STEP_MS))
                net_break(s, way, b);
            break_held(s, way, b);
        }
    }
    for (unsigned g = 0; g < GATEWAYS && s->conditions.parts && !s->calm; g++)
        if (sim_chance(s, 20000 / STEP_MS))
            part(s, g);
}

bool net_find_route(struct sim *s, unsigned gateway, uint64_t route, unsigned *way,
                    unsigned *backend)
{
    for (*way = 0; *way < WAYS; ++*way)
        for (*backend = 0; *backend < BACKENDS; ++*backend)
            if (gateway_of(*way) == gateway && s->wires[*way][*backend].route == route)
                return true;
    return false;
}
