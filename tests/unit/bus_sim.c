/* Time, requests, and processes that are killed and frozen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_sim.h"
#include "wire/messages.h"

static const char *const keys[] = {"worker-key", "store-key"};

uint64_t sim_below(struct sim *s, uint64_t limit)
{
    return prng_below(&s->prng, limit);
}

bool sim_chance(struct sim *s, unsigned one_in)
{
    return sim_below(s, one_in) == 0;
}

bool process_runs(const struct sim *s, const struct process *p)
{
    return !p->dead && s->now >= p->frozen_until;
}

/* ---- bodies: a request's number in, a chunk of work out ---- */

static void write_request(struct buf *body, enum service service, unsigned number)
{
    char text[16];

    snprintf(text, sizeof text, "%u", number);
    if (service == SERVICE_STORE)
        turn_stop_request_encode(&(struct turn_stop_request){.turn_id = str_of(text)}, body);
    else
        key_test_request_encode(&(struct key_test_request){.sealed_key = str_of(text)}, body);
}

static unsigned read_request(enum service service, struct str body)
{
    struct turn_stop_request stop;
    struct key_test_request  test;
    struct str               text;
    unsigned                 number = 0;

    if (service == SERVICE_STORE) {
        must(turn_stop_request_decode(&stop, body) == ERR_OK);
        text = stop.turn_id;
    } else {
        must(key_test_request_decode(&test, body) == ERR_OK);
        text = test.sealed_key;
    }
    for (size_t i = 0; i < text.len; i++)
        number = number * 10 + (unsigned)(text.p[i] - '0');
    return number;
}

/* ---- gateways ---- */

unsigned gateway_of(unsigned way)
{
    return way < GATEWAYS ? way : 0;
}

static void gateway_start(struct sim *s, unsigned i)
{
    struct gateway             *g = &s->gateways[i];
    struct gateway_core_options o = {.epoch = prng_next(&s->prng) | 1,
                                     .seed = i, /* so each life counts its ids alike: only
                                                   the epoch tells them apart */
                                     .heartbeat_ms = HEARTBEAT_MS,
                                     .queue_max = QUEUE_MAX};

    g->core = gateway_core_new(&o, s->now);
    g->p.dead = false;
    g->p.life++;
    g->p.started = g->p.thawed_at = s->now;
}

static void gateway_acts(struct sim *s, unsigned i)
{
    struct gateway *g = &s->gateways[i];
    struct action   a;
    unsigned        way, backend;

    while (gateway_core_next(g->core, &a)) {
        if (a.kind != ACTION_SEND) {
            check_reply(s, i, &a);
        } else if (net_find_route(s, i, a.to, &way, &backend)) {
            check_gateway_sent(s, way, backend, buf_view(&a.bytes));
            if (!net_send(s, way, backend, TO_BACKEND, &a.bytes))
                gateway_core_send_failed(g->core, s->now, a.to);
        } else {
            gateway_core_send_failed(g->core, s->now, a.to);
        }
        outbox_fini_action(&a);
    }
}

void gateway_hears(struct sim *s, unsigned way, unsigned backend, struct str bytes)
{
    struct worker *b = &s->backends[backend];
    struct sender  from = {.route = s->wires[way][backend].route,
                           .service = b->service,
                           .key = str_of(keys[b->service == SERVICE_STORE])};

    gateway_core_frame(s->gateways[gateway_of(way)].core, s->now, &from, bytes);
    gateway_acts(s, gateway_of(way));
}

static void gateway_kill(struct sim *s, unsigned i)
{
    struct gateway *g = &s->gateways[i];

    for (unsigned q = s->first_open; q < s->request_count; q++) {
        if (s->requests[q].gateway == i && !s->requests[q].over) {
            s->requests[q].over = true;
            s->requests[q].attempt = 0;
            s->lost_requests++;
        }
    }
    for (unsigned way = 0; way < WAYS; way++)
        for (unsigned b = 0; b < BACKENDS && gateway_of(way) == i; b++)
            net_break(s, way, b);
    gateway_core_free(&g->core);
    g->p.dead = true;
    g->p.dead_until = s->now + 100 + sim_below(s, 8000);
}

unsigned sim_send(struct sim *s, unsigned gateway, enum service service, uint64_t ttl_ms)
{
    unsigned            number = s->request_count;
    struct sim_request *q = &s->requests[number];
    struct gateway     *g = &s->gateways[gateway];
    struct buf          body = {0};

    must(number < REQUESTS_MAX);
    *q = (struct sim_request){.asked = s->now,
                              .ttl_ms = ttl_ms,
                              .service = service,
                              .gateway = gateway,
                              .life = g->p.life};
    write_request(&body, service, number);
    s->request_count++;
    if (gateway_core_send(g->core, s->now, service, buf_view(&body), ttl_ms, STR(""), &q->id)) {
        q->over = true;
        s->refused++;
    }
    buf_fini(&body);
    gateway_acts(s, gateway);
    return number;
}

/* Replies are consumed at random times, and some requests are cancelled. */
static void readers_step(struct sim *s)
{
    for (unsigned n = s->first_open; n < s->request_count; n++) {
        struct sim_request *q = &s->requests[n];
        struct gateway     *g = &s->gateways[q->gateway];
        if (q->over || !process_runs(s, &g->p))
            continue;
        if (q->taken < q->got && sim_chance(s, 5)) {
            uint64_t bytes = 1 + sim_below(s, q->got - q->taken);
            q->taken += bytes;
            gateway_core_credit(g->core, s->now, q->id, bytes);
        }
        if (!s->calm && sim_chance(s, 4000)) {
            q->over = true;
            gateway_core_cancel(g->core, s->now, q->id);
        }
        gateway_acts(s, q->gateway);
    }
}

static void gateway_step(struct sim *s, unsigned i)
{
    struct gateway *g = &s->gateways[i];

    gateway_core_tick(g->core, s->now);
    gateway_acts(s, i);
    if (s->quiet)
        return;
    if (sim_chance(s, 20))
        sim_send(s, i, SERVICE_STORE, 200 + sim_below(s, 3000));
    if (sim_chance(s, 60))
        sim_send(s, i, SERVICE_LLM_WORKER, 1000 + sim_below(s, sim_chance(s, 5) ? 30000 : 8000));
}

/* ---- backends ---- */

static void backend_start(struct sim *s, unsigned i)
{
    struct worker              *b = &s->backends[i];
    bool                        store = i >= WORKERS;
    struct backend_core_options o = {.service = store ? SERVICE_STORE : SERVICE_LLM_WORKER,
                                     .instance = b->instance,
                                     .boot = ++s->last_boot,
                                     .seed = prng_next(&s->prng),
                                     .window = store ? WINDOW : 0,
                                     .slots = store ? 0 : 1 + i % 3,
                                     .offers = 1 + i % 2};

    b->p.dead = b->draining = false;
    b->leaves_at = 0;
    b->p.life++;
    b->p.thawed_at = s->now;
    snprintf(b->instance, sizeof b->instance, "i%u-%u", i, b->p.life);
    b->service = o.service;
    b->slots = o.slots;
    b->core = backend_core_new(&o, s->now);
    for (unsigned way = 0; way < WAYS; way++)
        backend_core_link(b->core, s->now, way + 1);
}

static struct work *work_find(struct sim *s, unsigned backend, uint64_t handle)
{
    for (unsigned i = 0; i < WORKS_MAX; i++) {
        struct work *w = &s->works[i];
        if (w->open && w->backend == backend && w->handle == handle)
            return w;
    }
    return NULL;
}

static struct work *work_new(struct sim *s)
{
    for (unsigned i = 0; i < WORKS_MAX; i++)
        if (!s->works[i].open)
            return &s->works[i];
    sim_fail(s, "requests in work are bounded");
}

enum { END_FINAL, END_RETRY, END_FATAL, END_NEVER };

static void work_start(struct sim *s, unsigned backend, const struct action *a)
{
    struct worker *b = &s->backends[backend];
    struct work   *w = work_new(s);
    bool           store = b->service == SERVICE_STORE;

    *w = (struct work){.open = true,
                       .backend = backend,
                       .serial = ++s->last_serial,
                       .handle = a->id,
                       .attempt = b->delivered_attempt,
                       .request = read_request(b->service, buf_view(&a->bytes)),
                       .next_at = s->now + sim_below(s, store ? 20 : 300),
                       .chunks_left = (unsigned)sim_below(s, store ? 2 : 20)};
    s->requested_by[w->serial] = w->request;
    w->end = sim_chance(s, 10) ? 1 + (unsigned)sim_below(s, 3) : END_FINAL;
    if (s->quiet) {
        w->end = END_FINAL;
        w->chunks_left += store ? 0 : 20;
    }
    check_work(s, w);
}

static void backend_acts(struct sim *s, unsigned i)
{
    struct worker *b = &s->backends[i];
    struct action  a;

    while (b->core && backend_core_next(b->core, &a)) {
        struct work *w = a.kind == ACTION_SEND ? NULL : work_find(s, i, a.id);
        if (a.kind == ACTION_SEND && !net_send(s, (unsigned)a.to - 1, i, TO_GATEWAY, &a.bytes))
            backend_core_send_failed(b->core, a.to);
        if (a.kind == ACTION_REQUEST)
            work_start(s, i, &a);
        if (a.kind == ACTION_CANCEL && w) {
            w->cancelled = true;
            w->next_at = s->now + sim_below(s, 300);
        }
        if (a.kind == ACTION_CREDIT && w && !w->cancelled)
            w->next_at = s->now;
        if (a.kind == ACTION_DRAINED) {
            backend_core_bye(b->core);
            b->leaves_at = s->now + 500;
        }
        outbox_fini_action(&a);
    }
}

void backend_hears(struct sim *s, unsigned backend, unsigned way, struct str bytes)
{
    struct worker *b = &s->backends[backend];
    struct frame   f;

    if (bytes.len && frame_decode(&f, bytes) == ERR_OK && f.type == FRAME_REQUEST)
        b->delivered_attempt = f.attempt;
    backend_core_frame(b->core, s->now, way + 1, bytes);
    backend_acts(s, backend);
}

static void backend_kill(struct sim *s, unsigned i)
{
    struct worker *b = &s->backends[i];

    for (unsigned w = 0; w < WORKS_MAX; w++)
        if (s->works[w].backend == i)
            s->works[w].open = false;
    for (unsigned way = 0; way < WAYS; way++)
        net_break(s, way, i);
    backend_core_free(&b->core);
    b->p.dead = true;
    b->p.dead_until = s->now + 100 + sim_below(s, 8000);
}

static void work_chunk(struct sim *s, struct backend_core *core, struct work *w)
{
    static char chunk[CHUNK_MAX];
    uint64_t    credit = backend_core_credit(core, w->handle);
    size_t      len = sizeof(struct sim_chunk) + sim_below(s, CHUNK_MAX - sizeof(struct sim_chunk));

    if (!credit) {
        w->next_at = UINT64_MAX; /* until on_credit */
        return;
    }
    memcpy(chunk, &(struct sim_chunk){w->serial, ++w->chunks}, sizeof(struct sim_chunk));
    backend_core_chunk(core, w->handle, (struct str){chunk, len});
    w->chunks_left--;
    w->next_at = s->now + sim_below(s, 100);
}

static void work_end(struct sim *s, struct backend_core *core, struct work *w)
{
    struct sim_chunk last = {w->serial, w->chunks};
    uint64_t         rest_max = sim_chance(s, 4) ? 5000 : 300;
    struct error     e = {.code = STR("upstream_error"),
                          .retryable = w->end == END_RETRY,
                          .retry_after_ms = w->end == END_RETRY ? sim_below(s, rest_max) : 0,
                          .local = w->end == END_RETRY && sim_chance(s, 2)};

    w->open = false;
    if (w->cancelled && sim_chance(s, 2))
        backend_core_cancelled(core, s->now, w->handle);
    else if (w->end == END_FINAL || w->end == END_NEVER)
        backend_core_final(core, s->now, w->handle, (struct str){(const char *)&last, sizeof last});
    else
        backend_core_error(core, s->now, w->handle, &e);
}

static void work_step(struct sim *s, struct work *w)
{
    struct worker *b = &s->backends[w->backend];

    if (!w->open || !process_runs(s, &b->p) || s->now < w->next_at)
        return;
    if (!w->cancelled && w->chunks_left)
        work_chunk(s, b->core, w);
    else if (w->cancelled || w->end != END_NEVER)
        work_end(s, b->core, w);
    backend_acts(s, w->backend);
}

static void backend_step(struct sim *s, unsigned i)
{
    struct worker *b = &s->backends[i];

    backend_core_tick(b->core, s->now);
    backend_acts(s, i);
}

/* ---- faults of processes ---- */

static void freeze(struct sim *s, struct process *p)
{
    p->frozen_until = s->now + sim_below(s, sim_chance(s, 2) ? 1500 : 9000);
    p->thawed_at = p->frozen_until;
}

static void gateway_fate(struct sim *s, unsigned i)
{
    struct gateway *g = &s->gateways[i];

    if (g->p.dead && s->now >= g->p.dead_until)
        gateway_start(s, i);
    if (s->calm || !process_runs(s, &g->p))
        return;
    if (s->conditions.freezes && sim_chance(s, 30000 / STEP_MS))
        freeze(s, &g->p);
    else if (s->conditions.kills && sim_chance(s, 30000 / STEP_MS))
        gateway_kill(s, i);
}

static void backend_fate(struct sim *s, unsigned i)
{
    struct worker *b = &s->backends[i];

    if (b->p.dead && s->now >= b->p.dead_until)
        backend_start(s, i);
    if (!b->p.dead && b->leaves_at && s->now >= b->leaves_at)
        backend_kill(s, i);
    if (s->calm || !process_runs(s, &b->p))
        return;
    if (s->conditions.freezes && sim_chance(s, 30000 / STEP_MS)) {
        freeze(s, &b->p);
    } else if (s->conditions.kills && sim_chance(s, 30000 / STEP_MS)) {
        backend_kill(s, i);
    } else if (s->conditions.kills && !b->draining && sim_chance(s, 30000 / STEP_MS)) {
        b->draining = true;
        backend_core_drain(b->core, s->now);
        backend_acts(s, i);
    }
}

static void step(struct sim *s)
{
    s->now += STEP_MS;
    for (unsigned i = 0; i < GATEWAYS; i++)
        gateway_fate(s, i);
    for (unsigned i = 0; i < BACKENDS; i++)
        backend_fate(s, i);
    /* A process may read its sockets first or check the time first. */
    bool net_first = sim_chance(s, 2);
    if (net_first)
        net_step(s);
    for (unsigned i = 0; i < GATEWAYS; i++)
        if (process_runs(s, &s->gateways[i].p))
            gateway_step(s, i);
    for (unsigned i = 0; i < BACKENDS; i++)
        if (process_runs(s, &s->backends[i].p))
            backend_step(s, i);
    for (unsigned i = 0; i < WORKS_MAX; i++)
        work_step(s, &s->works[i]);
    readers_step(s);
    if (!net_first)
        net_step(s);
    check_step(s);
}

void sim_run(struct sim *s, uint64_t ms)
{
    for (uint64_t end = s->now + ms; s->now < end;)
        step(s);
}

void sim_calm(struct sim *s)
{
    s->calm = s->quiet = true;
    net_heal(s);
    for (unsigned i = 0; i < GATEWAYS; i++) {
        s->gateways[i].p.dead_until = s->now;
        if (s->gateways[i].p.frozen_until > s->now)
            s->gateways[i].p.frozen_until = s->gateways[i].p.thawed_at = s->now;
    }
    for (unsigned way = 0; way < WAYS; way++)
        for (unsigned b = 0; b < BACKENDS; b++)
            if (s->wires[way][b].again_at > s->now)
                s->wires[way][b].again_at = s->now;
    for (unsigned i = 0; i < BACKENDS; i++) {
        if (s->backends[i].p.dead)
            s->backends[i].p.dead_until = s->now;
        if (s->backends[i].p.frozen_until > s->now)
            s->backends[i].p.frozen_until = s->backends[i].p.thawed_at = s->now;
    }
}

struct sim *sim_new(uint64_t seed)
{
    struct sim *s = mem_new(sizeof *s);
    uint64_t    kind;

    s->seed = seed;
    s->prng.state = seed;
    s->now = 1000000;
    kind = prng_next(&s->prng);
    s->conditions = (struct conditions){.breaks = kind & 1,
                                        .loses = (kind & 6) == 6,
                                        .doubles = (kind & 24) == 24,
                                        .leaves = (kind & 768) == 768,
                                        .freezes = kind & 32,
                                        .kills = kind & 64,
                                        .parts = kind & 1024,
                                        .delay_ms = kind & 128 ? 3 : 60};
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned b = 0; b < BACKENDS; b++) {
            for (unsigned side = 0; side < 2; side++) {
                STAILQ_INIT(&s->wires[way][b].coming[side]);
                STAILQ_INIT(&s->wires[way][b].old[side]);
            }
        }
    }
    for (unsigned g = 0; g < GATEWAYS; g++)
        gateway_start(s, g);
    for (unsigned b = 0; b < BACKENDS; b++)
        backend_start(s, b);
    return s;
}

void sim_free(struct sim *s)
{
    for (unsigned i = 0; i < GATEWAYS; i++)
        if (!s->gateways[i].p.dead)
            gateway_kill(s, i);
    for (unsigned i = 0; i < BACKENDS; i++)
        if (!s->backends[i].p.dead)
            backend_kill(s, i);
    net_free(s);
    free(s);
}
