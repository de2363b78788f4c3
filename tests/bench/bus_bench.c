/* How many requests per second one store replies to for one gateway, as a share
 * of the round trips that bare ZeroMQ sockets without CURVE make here.
 *
 *   bus_bench [seconds [requests at once]]
 *
 * Two processes each time.  Only the ratio can be compared between machines. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "bus/backend/backend.h"
#include "bus/common/allow.h"
#include "bus/gateway/bus.h"
#include "wire/messages.h"

struct key {
    char public_key[KEY_LEN + 1], secret_key[KEY_LEN + 1];
};

struct place {
    char address[32], endpoint[48];
};

static struct {
    unsigned        seconds, at_once;
    struct place    bare, bus_queue_position;
    struct key      gateway_key, store_key;
    char            allow_file[64];
    struct buf      request, reply;
    struct loop    *loop;
    struct bus     *bus;
    struct backend *store;
    uint64_t        replied, failed;
    struct timer    begin, end;
} w;

/* A port that was free a moment ago. */
static void choose_port(struct place *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          len = sizeof at;
    int                fd = socket(AF_INET, SOCK_STREAM, 0);

    must(bind(fd, (struct sockaddr *)&at, len) == 0);
    must(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    close(fd);
    str_format(p->address, sizeof p->address, "127.0.0.1:%u", ntohs(at.sin_port));
    str_format(p->endpoint, sizeof p->endpoint, "tcp://%s", p->address);
}

/* Runs it in a process of its own, which ends with this one at the latest. */
static pid_t in_child(void (*run)(void))
{
    pid_t child = fork();

    must(child >= 0);
    if (child)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run();
    _exit(0);
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* ---- bare sockets ---- */

static void run_echo(void)
{
    void *dealer = zsock_resolve(zsock_new_dealer(w.bare.endpoint));
    char  bytes[256];

    zmq_send(dealer, "hello", 5, 0);
    for (int len; (len = zmq_recv(dealer, bytes, sizeof bytes, 0)) >= 0;)
        zmq_send(dealer, bytes, (size_t)len, 0);
}

static uint64_t bare_rounds(void)
{
    zsock_t *socket = zsock_new_router(w.bare.endpoint);
    void    *router = zsock_resolve(socket);
    char     id[16], bytes[256];
    uint64_t rounds = 0;

    int len = zmq_recv(router, id, sizeof id, 0);
    must(len > 0 && zmq_recv(router, bytes, sizeof bytes, 0) == 5);
    for (unsigned i = 0; i < w.at_once; i++) {
        zmq_send(router, id, (size_t)len, ZMQ_SNDMORE);
        zmq_send(router, w.request.p, w.request.len, 0);
    }
    for (uint64_t end = clock_ms() + w.seconds * 1000; clock_ms() < end; rounds++) {
        zmq_recv(router, id, sizeof id, 0);
        zmq_recv(router, bytes, sizeof bytes, 0);
        zmq_send(router, id, (size_t)len, ZMQ_SNDMORE);
        zmq_send(router, w.request.p, w.request.len, 0);
    }
    zsock_destroy(&socket);
    return rounds;
}

/* ---- the bus ---- */

static void on_request(void *ctx, const struct backend_request *rq)
{
    (void)ctx;
    backend_final(w.store, rq->handle, buf_view(&w.reply));
}

static void on_cancel(void *ctx, uint64_t handle)
{
    (void)ctx;
    (void)handle; /* every request has ended by then */
}

static void run_store(void)
{
    struct loop           *loop = loop_new();
    struct resolver       *resolver = resolver_new(loop);
    struct backend_ops     ops = {.on_request = on_request, .on_cancel = on_cancel};
    struct backend_options o = {.service = SERVICE_STORE,
                                .gateways = w.bus_queue_position.address,
                                .secret_key = w.store_key.secret_key,
                                .gateway_key = w.gateway_key.public_key,
                                .window = w.at_once};

    must(backend_open(&w.store, loop, resolver, &o, &ops, NULL) == ERR_OK);
    loop_run(loop);
}

static void send_one(void);

static void on_reply(void *ctx, const struct bus_reply *a)
{
    (void)ctx;
    if (a->kind == BUS_REPLY_FINAL)
        w.replied++;
    else
        w.failed++;
    send_one();
}

static void send_one(void)
{
    struct bus_request q = {.service = SERVICE_STORE,
                            .body = buf_view(&w.request),
                            .ttl_ms = 10000,
                            .on_reply = on_reply};
    uint64_t           id;

    must(bus_send(w.bus, &q, &id) == ERR_OK);
}

static void stop(void *ctx)
{
    (void)ctx;
    loop_quit(w.loop);
}

/* As soon as the store is there. */
static void begin(void *ctx)
{
    if (!bus_instances(w.bus, SERVICE_STORE)) {
        timer_start(&w.begin, w.loop, 10, begin, ctx);
        return;
    }
    for (unsigned i = 0; i < w.at_once; i++)
        send_one();
    timer_start(&w.end, w.loop, w.seconds * 1000, stop, NULL);
}

static uint64_t bus_rounds(void)
{
    struct bus_options o = {.bind = w.bus_queue_position.endpoint,
                            .secret_key = w.gateway_key.secret_key,
                            .allow_file = w.allow_file,
                            .queue_max = w.at_once,
                            .heartbeat_ms = 1000};

    w.loop = loop_new();
    must(bus_open(&w.bus, w.loop, &o) == ERR_OK);
    timer_start(&w.begin, w.loop, 0, begin, NULL);
    loop_run(w.loop);
    bus_close(&w.bus);
    loop_free(&w.loop);
    return w.replied;
}

/* ---- both ---- */

static void prepare(void)
{
    FILE *allow;

    random_init();
    log_open("bench", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    must(zmq_curve_keypair(w.gateway_key.public_key, w.gateway_key.secret_key) == 0);
    must(zmq_curve_keypair(w.store_key.public_key, w.store_key.secret_key) == 0);
    str_format(w.allow_file, sizeof w.allow_file, "bench-allow.%d", (int)getpid());
    allow = fopen(w.allow_file, "w");
    must(allow);
    fprintf(allow, "store %s\n", w.store_key.public_key);
    fclose(allow);
    turn_stop_request_encode(&(struct turn_stop_request){.turn_id = STR("turn")}, &w.request);
    done_reply_encode(&(struct done_reply){0}, &w.reply);
    choose_port(&w.bare);
    choose_port(&w.bus_queue_position);
}

int main(int argc, char **argv)
{
    w.seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2;
    w.at_once = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 64;
    must(w.seconds && w.at_once);
    prepare();
    pid_t    echo = in_child(run_echo), store = in_child(run_store);
    uint64_t bare = bare_rounds();
    end_child(echo);
    uint64_t bus = bus_rounds();
    end_child(store);
    unlink(w.allow_file);
    printf("%u at once: bus %llu/s, bare sockets %llu/s, ratio %.2f, failed %llu\n", w.at_once,
           (unsigned long long)bus / w.seconds, (unsigned long long)bare / w.seconds,
           (double)bus / (double)bare, (unsigned long long)w.failed);
    return w.failed != 0;
}
