/* What must hold, whatever the network does. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "bus_sim.h"

/* An end may come a tick or two after the ttl: the core checks the time every 50 ms. */
#define SLACK_MS (2 * GATEWAY_TICK_MS + STEP_MS)

/* How long a backend may work for a gateway that has dropped it: until its
 * link counts as dead, plus the time of a repeated CANCEL. */
#define LIVENESS_MS (5 * HEARTBEAT_MS + 2000)

/* How long a slot may be free in vain: a link that was thought dead comes back with
 * the next PING, a REVOKE at a gateway that says nothing is given up after a second,
 * and what a gateway has waiting stands in its next PONG.  Each of these may be lost. */
#define VACANT_MS       (5 * HEARTBEAT_MS)
#define VACANT_LOSSY_MS (8 * HEARTBEAT_MS)

void sim_fail(const struct sim *s, const char *promise)
{
    const struct conditions *w = &s->conditions;

    fprintf(
        stderr,
        "broken: %s\n  seed %" PRIu64 ", after %" PRIu64
        " ms, with breaks=%d loses=%d doubles=%d leaves=%d freezes=%d kills=%d parts=%d delay=%u\n"
        "  again: bus_sim_test %" PRIu64 " 1\n",
        promise, s->seed, s->now - 1000000, w->breaks, w->loses, w->doubles, w->leaves, w->freezes,
        w->kills, w->parts, w->delay_ms, s->seed);
    abort();
}

static void want(const struct sim *s, bool holds, const char *promise)
{
    if (!holds)
        sim_fail(s, promise);
}

static struct sim_request *find_question(struct sim *s, unsigned gateway, uint64_t id)
{
    for (unsigned n = s->request_count; n-- > 0;) {
        struct sim_request *q = &s->requests[n];
        if (q->gateway == gateway && q->id == id && q->life == s->gateways[gateway].p.life)
            return q;
    }
    return NULL;
}

static void use_offer(struct sim *s, struct worker *b, uint64_t offer)
{
    for (unsigned i = 0; i < USED_MAX; i++)
        want(s, b->used_offers[i] != offer, "an offer is used once");
    b->used_offers[b->used_at] = offer;
    b->used_at = (b->used_at + 1) % USED_MAX;
}

static void sent_request(struct sim *s, unsigned way, unsigned backend, const struct frame *f)
{
    unsigned            gateway = gateway_of(way);
    struct sim_request *q = find_question(s, gateway, f->id);

    want(s, q && !q->over, "nothing is asked for a request that has ended");
    want(s, !q->chunks, "there is no other attempt after the first chunk");
    want(s, f->attempt > q->attempt || !q->attempt, "attempts are counted up");
    want(s, f->ttl_ms && q->asked + q->ttl_ms >= s->now + f->ttl_ms, "the ttl only shrinks");
    q->attempt = f->attempt;
    if (s->backends[backend].slots)
        use_offer(s, &s->backends[backend], f->sequence);
}

void check_gateway_sent(struct sim *s, unsigned way, unsigned backend, struct str bytes)
{
    struct sim_request *q;
    struct frame        f;

    want(s, frame_decode(&f, bytes) == ERR_OK, "a gateway sends frames that can be read");
    if (f.type == FRAME_REQUEST)
        sent_request(s, way, backend, &f);
    if (f.type == FRAME_CANCEL && f.id) {
        q = find_question(s, gateway_of(way), f.id);
        if (q && q->attempt == f.attempt)
            q->attempt = 0;
    }
}

static void check_chunk(struct sim *s, struct sim_request *q, const struct sim_chunk *p, size_t len)
{
    want(s, !q->chunks || q->work == p->work, "chunks of two attempts are never mixed");
    want(s, p->number == q->chunks + 1, "chunks come in order and without a gap");
    q->work = p->work;
    q->chunks++;
    q->got += len;
    want(s, q->got - q->taken <= CREDIT_MAX + CHUNK_MAX,
         "credit is overdrawn by one chunk at most");
}

void check_reply(struct sim *s, unsigned gateway, const struct action *a)
{
    struct sim_request *q = find_question(s, gateway, a->id);
    struct sim_chunk    p = {0};

    want(s, q != NULL, "only requests are replied to");
    want(s, !q->over, "a request ends once, and nothing comes after");
    if (a->kind != ACTION_ERROR) {
        want(s, a->bytes.len >= sizeof p, "a reply comes whole");
        memcpy(&p, a->bytes.p, sizeof p);
        want(s, &s->requests[s->requested_by[p.work]] == q, "a reply belongs to its request");
    }
    if (a->kind == ACTION_CHUNK) {
        check_chunk(s, q, &p, a->bytes.len);
        return;
    }
    want(s, a->kind != ACTION_FINAL || q->chunks == p.number, "the end comes after all chunks");
    q->over = true;
    q->attempt = 0;
    s->finals += a->kind == ACTION_FINAL;
    s->errors += a->kind == ACTION_ERROR;
}

void check_work(struct sim *s, const struct work *w)
{
    const struct worker *b = &s->backends[w->backend];
    unsigned             open = 0;

    for (unsigned i = 0; i < WORKS_MAX; i++) {
        const struct work *other = &s->works[i];
        if (!other->open || other->backend != w->backend)
            continue;
        open++;
        want(s, other == w || other->request != w->request || other->attempt != w->attempt,
             "a request is delivered once");
    }
    if (b->slots)
        want(s, open <= b->slots, "a slot works on one request at a time");
    for (unsigned g = 0; g < GATEWAYS && b->slots; g++)
        s->vacant_since[g][w->backend] = 0; /* it takes what it is given */
    if (open > s->most_open[w->backend])
        s->most_open[w->backend] = open;
}

/* Whether its gateway still waits for it. */
static bool is_wanted(const struct sim *s, const struct work *w)
{
    const struct sim_request *q = &s->requests[w->request];
    return !q->over && q->attempt == w->attempt;
}

static void check_forgotten(struct sim *s, struct work *w)
{
    const struct process *p = &s->backends[w->backend].p;

    if (!w->open || w->cancelled || is_wanted(s, w) || !process_runs(s, p)) {
        w->unwanted_since = 0;
        return;
    }
    if (!w->unwanted_since || w->unwanted_since < p->thawed_at)
        w->unwanted_since = s->now;
    want(s, s->now - w->unwanted_since <= LIVENESS_MS, "what nobody waits for is stopped in time");
}

static void check_ttl(struct sim *s, const struct sim_request *q)
{
    const struct process *p = &s->gateways[q->gateway].p;
    uint64_t              by = q->asked + q->ttl_ms;

    if (q->over || !process_runs(s, p))
        return;
    if (by < p->thawed_at)
        by = p->thawed_at;
    want(s, s->now <= by + SLACK_MS, "a request ends within its ttl");
}

/* For a worker; what was put to one already may wait for a reason. */
static bool has_waiting(const struct sim *s, unsigned gateway)
{
    for (unsigned n = s->first_open; n < s->request_count; n++) {
        const struct sim_request *q = &s->requests[n];
        if (q->gateway == gateway && q->service == SERVICE_LLM_WORKER && !q->over && !q->attempt)
            return true;
    }
    return false;
}

static bool has_free_slot(const struct sim *s, unsigned backend)
{
    const struct worker *b = &s->backends[backend];
    unsigned             open = 0;

    for (unsigned i = 0; i < WORKS_MAX; i++)
        open += s->works[i].open && s->works[i].backend == backend;
    return process_runs(s, &b->p) && !b->draining && open < b->slots;
}

/* Wherever the offer of that slot lies: at a gateway where nobody waits, at one
 * that is cut off or stands still, or nowhere, since it was lost. */
static void check_vacancies(struct sim *s, unsigned gateway)
{
    bool wants = process_runs(s, &s->gateways[gateway].p) && has_waiting(s, gateway);

    for (unsigned b = 0; b < WORKERS; b++) {
        uint64_t *since = &s->vacant_since[gateway][b];
        if (!wants || !net_is_whole(s, gateway, b) || !has_free_slot(s, b))
            *since = 0;
        else if (!*since)
            *since = s->now;
        want(s, !*since || s->now - *since <= (s->conditions.loses ? VACANT_LOSSY_MS : VACANT_MS),
             "no slot stays free while somebody waits who can reach it");
    }
}

void check_step(struct sim *s)
{
    while (s->first_open < s->request_count && s->requests[s->first_open].over)
        s->first_open++;
    for (unsigned n = s->first_open; n < s->request_count; n++)
        check_ttl(s, &s->requests[n]);
    for (unsigned i = 0; i < WORKS_MAX; i++)
        check_forgotten(s, &s->works[i]);
    for (unsigned i = 0; i < GATEWAYS; i++) {
        check_vacancies(s, i);
        want(s,
             s->gateways[i].p.dead || gateway_core_open_requests(s->gateways[i].core) <=
                                          2 * QUEUE_MAX + WINDOW * (BACKENDS - WORKERS) + 100,
             "open requests are bounded");
    }
}

void check_end(struct sim *s)
{
    want(s, s->first_open == s->request_count, "every request has ended");
    for (unsigned i = 0; i < WORKS_MAX; i++)
        want(s, !s->works[i].open, "nothing is left in work");
    want(s, metric_value(METRIC_BUS_IN_FLIGHT) == 0, "no place in a window is lost");
}

void check_peaks(struct sim *s)
{
    for (unsigned b = 0; b < WORKERS; b++)
        want(s, s->most_open[b] == s->backends[b].slots, "no slot is lost");
}
