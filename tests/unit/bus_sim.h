/* bus_sim - gateways, backends and a bad network between them, in virtual time.
 *
 * Runs the real gateway_core and backend_core and simulates sockets, clocks and
 * services.  Everything follows from the seed.  After each step the promises of both
 * are checked (bus_sim_check.c); the first broken one ends the test and prints the
 * seed.
 *
 *   bus_sim.c        time, requests, and processes that are killed and frozen
 *   bus_sim_net.c    connections that delay, lose, double and break
 *   bus_sim_check.c  what must hold */
#ifndef TESTS_UNIT_BUS_SIM_H
#define TESTS_UNIT_BUS_SIM_H
#include <sys/queue.h>

#include "bus/backend/backend_core.h"
#include "bus/common/prng.h"
#include "bus/gateway/gateway_core.h"

#define STEP_MS      5
#define GATEWAYS     3
#define WAYS         4 /* to gateways; the last one is a second address of gateway 0 */
#define BACKENDS     5 /* workers first, then stores */
#define WORKERS      3
#define REQUESTS_MAX 20000
#define WORKS_MAX    200
#define QUEUE_MAX    20
#define USED_MAX     256
#define WINDOW       4
#define HEARTBEAT_MS 1000
#define CREDIT_MAX   (64 * 1024)
#define CHUNK_MAX    (20 * 1024)

/* How bad the network is, by seed. */
struct conditions {
    bool     breaks, loses, doubles, leaves, freezes, kills, parts;
    unsigned delay_ms; /* usually less than this */
};

struct sim_message {
    uint64_t   at;   /* arrives; of an old one: so long after the start of the gateway */
    unsigned   life; /* of the gateway when it was sent */
    struct buf bytes;
    STAILQ_ENTRY(sim_message) next;
};

enum side { TO_GATEWAY, TO_BACKEND };

/* The connection between a gateway and a backend, by one of its addresses. */
struct wire {
    bool     up;
    uint64_t route;    /* the gateway's id of it */
    uint64_t again_at; /* down: when it reconnects */
    uint64_t blind[2]; /* until then a side has not noticed that it is down */
    uint64_t held[2];  /* until then nothing comes to that side: it is sent again and again, and
                          arrives late */
    uint64_t given_up; /* 0: not; held for so long, one side will break it then */
    uint64_t last_at[2];
    STAILQ_HEAD(messages, sim_message) coming[2]; /* to that side */
    struct messages old[2]; /* left over from an earlier life of the gateway */
    unsigned        life;   /* of the gateway, when it was last up */
};

struct process {
    unsigned life;
    bool     dead;
    uint64_t started, frozen_until, dead_until;
    uint64_t thawed_at;
};

struct gateway {
    struct process       p;
    struct gateway_core *core;
};

struct worker {
    struct process       p;
    struct backend_core *core;
    enum service         service;
    unsigned             slots;
    char                 instance[16];
    bool                 draining;
    uint64_t             leaves_at;             /* drained, and BYE was sent */
    uint64_t             delivered_attempt;     /* of the REQUEST being delivered */
    uint64_t             used_offers[USED_MAX]; /* the last ones, a ring */
    unsigned             used_at;
};

/* A request of a gateway, seen from outside. */
struct sim_request {
    uint64_t     id, asked, ttl_ms;
    enum service service;
    unsigned     gateway, life;
    bool         over;         /* ended, cancelled, or its gateway is gone */
    uint64_t     attempt;      /* that the gateway still waits for, 0: none */
    uint64_t     chunks, work; /* delivered, and by which work */
    uint64_t     got, taken;   /* bytes */
};

/* The content of a chunk. */
struct sim_chunk {
    uint64_t work, number;
};

/* A request in work at a backend. */
struct work {
    bool     open;
    unsigned backend;
    uint64_t serial, handle, attempt;
    unsigned request;
    uint64_t next_at;
    unsigned chunks_left, end;
    uint64_t chunks, sent;
    bool     cancelled;
    uint64_t unwanted_since; /* 0: wanted */
};

struct sim {
    uint64_t           seed, now, until;
    struct prng        prng;
    struct conditions  conditions;
    bool               calm;  /* no more faults */
    bool               quiet; /* no more requests */
    struct gateway     gateways[GATEWAYS];
    struct worker      backends[BACKENDS];
    struct wire        wires[WAYS][BACKENDS];
    struct sim_request requests[REQUESTS_MAX];
    unsigned           request_count, first_open;
    struct work        works[WORKS_MAX];           /* a pool */
    unsigned           requested_by[REQUESTS_MAX]; /* work: the request it is for */
    uint64_t           last_serial, last_route, last_boot;
    unsigned           finals, errors, refused, lost_requests; /* statistics */
    unsigned           most_open[BACKENDS];   /* requests in work at once, since the last look */
    uint64_t vacant_since[GATEWAYS][WORKERS]; /* a slot is free there and wanted here; 0: not so */
};

struct sim *sim_new(uint64_t seed);
void        sim_free(struct sim *s);
void        sim_run(struct sim *s, uint64_t ms);
void        sim_calm(struct sim *s); /* all processes run, the network works */
unsigned    sim_send(struct sim *s, unsigned gateway, enum service service, uint64_t ttl_ms);

bool     sim_chance(struct sim *s, unsigned one_in);
uint64_t sim_below(struct sim *s, uint64_t limit);
bool     process_runs(const struct sim *s, const struct process *p);

/* ---- bus_sim_net.c ---- */

/* False: that side has noticed that it is not connected. */
bool net_send(struct sim *s, unsigned way, unsigned backend, enum side to, struct buf *bytes);
void net_step(struct sim *s);
void net_free(struct sim *s);
void net_break(struct sim *s, unsigned way, unsigned backend);
void net_heal(struct sim *s);                                               /* of partitions */
bool net_is_whole(const struct sim *s, unsigned gateway, unsigned backend); /* by every way */
bool net_find_route(struct sim *s, unsigned gateway, uint64_t route, unsigned *way,
                    unsigned *backend);

/* ---- bus_sim.c, called by the network ---- */

unsigned gateway_of(unsigned way);
void     gateway_hears(struct sim *s, unsigned way, unsigned backend, struct str bytes);
void     backend_hears(struct sim *s, unsigned backend, unsigned way, struct str bytes);

/* ---- bus_sim_check.c ---- */

_Noreturn void sim_fail(const struct sim *s, const char *promise);

void check_gateway_sent(struct sim *s, unsigned way, unsigned backend, struct str bytes);
void check_reply(struct sim *s, unsigned gateway, const struct action *a);
void check_work(struct sim *s, const struct work *w); /* a new one */
void check_step(struct sim *s);
void check_end(struct sim *s);   /* after calm: nothing is open, nothing leaked */
void check_peaks(struct sim *s); /* every slot was in use at once */

#endif
