/* How long requests wait for a slot if several gateways share the workers unevenly.
 *
 * bus_share_test [first seed] [count]
 *
 * The real gateway_core and backend_core on a network with a delay of one
 * millisecond, in virtual time: six workers with four slots each, loaded to 70 %.
 * The same requests go to one ideal queue in front of 24 slots, to one gateway, and
 * to three gateways that get 70, 20 and 10 % of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bus/backend/backend_core.h"
#include "bus/common/prng.h"
#include "bus/gateway/gateway_core.h"
#include "test.h"
#include "wire/messages.h"

#define WORKERS      6
#define SLOTS        4
#define GATEWAYS_MAX 3
#define MEAN_MS      3300.0 /* of a reply; lengths are exponential */
#define LOAD         0.7
#define ASKED        6000
#define WARM_MS      5000 /* links come up before the first request */
#define TTL_MS       600000
#define TRAVEL_MS    1

static uint64_t first_seed = 1;
static unsigned seeds = 2;

/* A request, the same in every arrangement. */
struct visit {
    uint64_t asked, length;
    unsigned lot; /* 0 to 99: decides to which of several gateways */
    uint64_t waited;
};

struct sim_message {
    uint64_t   at, to;
    unsigned   from;
    bool       to_gateway;
    struct buf bytes;
};

struct world {
    uint64_t             now;
    unsigned             gateway_count;
    struct gateway_core *gateways[GATEWAYS_MAX];
    struct backend_core *workers[WORKERS];
    struct sim_message  *line; /* all travel equally long, so one line is in order */
    size_t               head, count, room;
    struct {
        uint64_t handle, over_at;
    } works[WORKERS][SLOTS];
    struct visit *visits;
    unsigned      ended;
};

/* ---- load ---- */

static double unit(struct prng *d)
{
    return ((double)prng_below(d, 1 << 30) + 0.5) / (1 << 30);
}

static void invite(struct visit *visits, uint64_t seed)
{
    struct prng prng = {seed};
    double      at = WARM_MS, gap = MEAN_MS / (WORKERS * SLOTS * LOAD);

    for (unsigned i = 0; i < ASKED; i++) {
        at += -log(unit(&prng)) * gap;
        visits[i] = (struct visit){.asked = (uint64_t)at,
                                   .length = 1 + (uint64_t)(-log(unit(&prng)) * MEAN_MS),
                                   .lot = (unsigned)prng_below(&prng, 100)};
    }
}

/* The optimum: the oldest request takes the first free slot. */
static void wait_ideally(struct visit *visits)
{
    uint64_t free_at[WORKERS * SLOTS] = {0};

    for (unsigned i = 0; i < ASKED; i++) {
        unsigned first = 0;
        for (unsigned s = 1; s < COUNT_OF(free_at); s++)
            if (free_at[s] < free_at[first])
                first = s;
        uint64_t begun = free_at[first] > visits[i].asked ? free_at[first] : visits[i].asked;
        visits[i].waited = begun - visits[i].asked;
        free_at[first] = begun + visits[i].length;
    }
}

/* ---- the network ---- */

static void send(struct world *w, unsigned from, bool to_gateway, uint64_t to, struct buf *bytes)
{
    if (w->count == w->room) {
        struct sim_message *line = mem_new((2 * w->room + 64) * sizeof *line);
        for (size_t i = 0; i < w->count; i++)
            line[i] = w->line[(w->head + i) % w->room];
        free(w->line);
        w->line = line;
        w->head = 0;
        w->room = 2 * w->room + 64;
    }
    struct sim_message *m = &w->line[(w->head + w->count++) % w->room];
    *m = (struct sim_message){w->now + TRAVEL_MS, to, from, to_gateway, *bytes};
    *bytes = (struct buf){0};
}

/* ---- workers; a gateway calls worker n its route n + 1, and a worker gateway n its link n + 1
 * ---- */

static unsigned number_in(struct str body)
{
    struct key_test_request send;

    must(key_test_request_decode(&send, body) == ERR_OK);
    return (unsigned)strtoul(send.sealed_key.p, NULL, 10);
}

static void begin_work(struct world *w, unsigned worker, const struct action *a)
{
    struct visit *v = &w->visits[number_in(buf_view(&a->bytes))];

    v->waited = w->now - v->asked;
    for (unsigned s = 0; s < SLOTS; s++) {
        if (!w->works[worker][s].handle) {
            w->works[worker][s].handle = a->id;
            w->works[worker][s].over_at = w->now + v->length;
            return;
        }
    }
    fail_msg("a worker got more than its slots can do");
}

static void worker_acts(struct world *w, unsigned n)
{
    struct action a;

    while (backend_core_next(w->workers[n], &a)) {
        if (a.kind == ACTION_SEND)
            send(w, n, true, a.to - 1, &a.bytes);
        else if (a.kind == ACTION_REQUEST)
            begin_work(w, n, &a);
        outbox_fini_action(&a);
    }
}

static void worker_step(struct world *w, unsigned n)
{
    backend_core_tick(w->workers[n], w->now);
    for (unsigned s = 0; s < SLOTS; s++) {
        uint64_t handle = w->works[n][s].handle;
        if (!handle || w->now < w->works[n][s].over_at)
            continue;
        w->works[n][s].handle = 0;
        backend_core_final(w->workers[n], w->now, handle, STR("said"));
    }
    worker_acts(w, n);
}

/* ---- gateways ---- */

static void gateway_acts(struct world *w, unsigned n)
{
    struct action a;

    while (gateway_core_next(w->gateways[n], &a)) {
        assert_int_not_equal(a.kind, ACTION_ERROR);
        if (a.kind == ACTION_SEND)
            send(w, n, false, a.to - 1, &a.bytes);
        w->ended += a.kind == ACTION_FINAL;
        outbox_fini_action(&a);
    }
}

static unsigned gateway_of(const struct world *w, const struct visit *v)
{
    if (w->gateway_count == 1 || v->lot < 70)
        return 0;
    return v->lot < 90 ? 1 : 2;
}

static void send_request(struct world *w, unsigned number)
{
    unsigned   n = gateway_of(w, &w->visits[number]);
    struct buf body = {0};
    char       text[16];
    uint64_t   id;

    snprintf(text, sizeof text, "%u", number);
    key_test_request_encode(&(struct key_test_request){.sealed_key = str_of(text)}, &body);
    assert_int_equal(gateway_core_send(w->gateways[n], w->now, SERVICE_LLM_WORKER, buf_view(&body),
                                       TTL_MS, STR(""), &id),
                     ERR_OK);
    buf_fini(&body);
    gateway_acts(w, n);
}

/* ---- time ---- */

static void deliver(struct world *w)
{
    while (w->count && w->line[w->head].at <= w->now) {
        struct sim_message m = w->line[w->head];
        struct sender      from = {m.from + 1, SERVICE_LLM_WORKER, STR("key")};
        w->head = (w->head + 1) % w->room;
        w->count--;
        if (m.to_gateway) {
            gateway_core_frame(w->gateways[m.to], w->now, &from, buf_view(&m.bytes));
            gateway_acts(w, (unsigned)m.to);
        } else {
            backend_core_frame(w->workers[m.to], w->now, m.from + 1, buf_view(&m.bytes));
            worker_acts(w, (unsigned)m.to);
        }
        buf_fini(&m.bytes);
    }
}

static void open_world(struct world *w, unsigned gateways, struct visit *visits)
{
    static char instances[WORKERS][8];

    *w = (struct world){.now = 1000, .gateway_count = gateways, .visits = visits};
    for (unsigned g = 0; g < gateways; g++) {
        struct gateway_core_options o = {
            .epoch = g + 1, .seed = g + 1, .heartbeat_ms = 1000, .queue_max = 1000};
        w->gateways[g] = gateway_core_new(&o, w->now);
    }
    for (unsigned n = 0; n < WORKERS; n++) {
        snprintf(instances[n], sizeof instances[n], "w%u", n);
        struct backend_core_options o = {.service = SERVICE_LLM_WORKER,
                                         .instance = instances[n],
                                         .boot = n + 1,
                                         .seed = n + 1,
                                         .slots = SLOTS};
        w->workers[n] = backend_core_new(&o, w->now);
        for (unsigned g = 0; g < gateways; g++)
            backend_core_link(w->workers[n], w->now, g + 1);
    }
}

static void close_world(struct world *w)
{
    for (unsigned g = 0; g < w->gateway_count; g++)
        gateway_core_free(&w->gateways[g]);
    for (unsigned n = 0; n < WORKERS; n++)
        backend_core_free(&w->workers[n]);
    for (; w->count; w->count--, w->head = (w->head + 1) % w->room)
        buf_fini(&w->line[w->head].bytes);
    free(w->line);
}

static void wait_at_gateways(struct visit *visits, unsigned gateways)
{
    struct world w;
    unsigned     next = 0;

    open_world(&w, gateways, visits);
    while (w.ended < ASKED) {
        w.now++;
        deliver(&w);
        for (unsigned g = 0; g < gateways; g++) {
            gateway_core_tick(w.gateways[g], w.now);
            gateway_acts(&w, g);
        }
        for (unsigned n = 0; n < WORKERS; n++)
            worker_step(&w, n);
        for (; next < ASKED && visits[next].asked <= w.now; next++)
            send_request(&w, next);
    }
    close_world(&w);
}

/* ---- what is compared ---- */

struct waits {
    double   mean;
    uint64_t p99;
};

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static struct waits look_at(const struct visit *visits, uint64_t seed, const char *name)
{
    static uint64_t waited[ASKED];
    struct waits    found = {0};

    for (unsigned i = 0; i < ASKED; i++) {
        waited[i] = visits[i].waited;
        found.mean += (double)waited[i] / ASKED;
    }
    qsort(waited, ASKED, sizeof *waited, compare);
    found.p99 = waited[ASKED * 99 / 100];
    printf("seed %llu, %-14s mean %5.1f ms, p99 %4llu ms\n", (unsigned long long)seed, name,
           found.mean, (unsigned long long)found.p99);
    return found;
}

/* Without a queue, sharing may cost one frame there and one back. */
static void assert_is_about(struct waits shared, struct waits alone)
{
    assert_true((double)shared.p99 <= 1.2 * (double)alone.p99 + 2 * TRAVEL_MS);
    assert_true(shared.mean <= 1.2 * alone.mean + 4 * TRAVEL_MS);
}

static void three_gateways_wait_no_longer_than_one(void **state)
{
    struct visit *visits = mem_new(ASKED * sizeof *visits);

    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
        invite(visits, seed);
        wait_ideally(visits);
        struct waits ideal = look_at(visits, seed, "one line:");
        wait_at_gateways(visits, 1);
        struct waits one = look_at(visits, seed, "one gateway:");
        wait_at_gateways(visits, 3);
        struct waits three = look_at(visits, seed, "three gateways:");
        assert_is_about(one, ideal);
        assert_is_about(three, one);
    }
    free(visits);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_gateways_wait_no_longer_than_one)};

    log_open("share", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seeds = (unsigned)strtoul(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
