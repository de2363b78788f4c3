/* Keys, a port, backends that reply as the world says, and conditions to wait for. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "bus_world.h"
#include "wire/messages.h"

#define LIMIT_MS 10000

struct world w;

/* ---- the world ---- */

static void make_key(struct pair *k)
{
    must(zmq_curve_keypair(k->public_key, k->secret_key) == 0);
}

void write_allow(bool with_store)
{
    FILE *f = fopen(w.allow_file, "w");

    fprintf(f, "# who may come in\n\nllm-worker\t%s\n", w.worker_key.public_key);
    if (with_store)
        fprintf(f, "store %s\n", w.store_key.public_key);
    fclose(f);
}

/* A port that was free a moment ago. */
static void choose_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          len = sizeof at;
    int                fd = socket(AF_INET, SOCK_STREAM, 0);

    must(bind(fd, (struct sockaddr *)&at, len) == 0);
    must(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    close(fd);
    str_format(w.at, sizeof w.at, "127.0.0.1:%u", ntohs(at.sin_port));
    str_format(w.bind, sizeof w.bind, "tcp://%s", w.at);
}

enum err open_bus(void)
{
    struct bus_options o = {.bind = w.bind,
                            .secret_key = w.gateway_key.secret_key,
                            .allow_file = w.allow_file,
                            .queue_max = 10,
                            .heartbeat_ms = w.heartbeat_ms};
    return bus_open(&w.bus, w.loop, &o);
}

int open_world(void **state)
{
    (void)state;
    w = (struct world){.heartbeat_ms = HEARTBEAT_MS};
    log_open("test", LOG_LEVEL_ERROR + 1, LOG_FORMAT_LOGFMT);
    random_init();
    w.loop = loop_new();
    w.resolver = resolver_new(w.loop);
    make_key(&w.gateway_key);
    make_key(&w.store_key);
    make_key(&w.worker_key);
    str_format(w.allow_file, sizeof w.allow_file, P_tmpdir "/bus-allow.%d", (int)getpid());
    write_allow(true);
    choose_port();
    return open_bus() ? -1 : 0;
}

int close_world(void **state)
{
    (void)state;
    timer_stop(&w.reader);
    backend_close(&w.store);
    backend_close(&w.worker);
    bus_close(&w.bus);
    resolver_free(&w.resolver);
    loop_free(&w.loop);
    unlink(w.allow_file);
    return 0;
}

static void look(void *ctx)
{
    (void)ctx;
    if (w.until())
        loop_quit(w.loop);
    else
        timer_start(&w.check, w.loop, 5, look, NULL);
}

static void on_limit(void *ctx)
{
    (void)ctx;
    loop_quit(w.loop);
}

/* Runs the loop until the condition holds. */
void run_until(bool (*condition)(void))
{
    w.until = condition;
    timer_start(&w.check, w.loop, 0, look, NULL);
    timer_start(&w.limit, w.loop, LIMIT_MS, on_limit, NULL);
    loop_run(w.loop);
    timer_stop(&w.check);
    timer_stop(&w.limit);
    assert_true(condition());
}

/* ---- backends ---- */

static void send_done(struct backend *b, uint64_t handle)
{
    struct buf body = {0};

    done_reply_encode(&(struct done_reply){0}, &body);
    backend_final(b, handle, buf_view(&body));
    buf_fini(&body);
}

static void send_chunk(struct backend *b, uint64_t handle, const char *text)
{
    struct buf body = {0};

    llm_chunk_encode(&(struct llm_chunk){.text = str_of(text)}, &body);
    backend_chunk(b, handle, buf_view(&body));
    buf_fini(&body);
}

static void on_store_request(void *ctx, const struct backend_request *rq)
{
    (void)ctx;
    w.requests++;
    if (w.hold)
        w.held = rq->handle;
    else
        send_done(w.store, rq->handle);
}

/* As much as the credit allows. */
static void send_more(void *ctx, uint64_t handle)
{
    static char chunk[CHUNK_LEN];

    (void)ctx;
    while (w.chunks_left && backend_credit(w.worker, handle)) {
        w.chunks_left--;
        backend_chunk(w.worker, handle, (struct str){chunk, sizeof chunk});
    }
    if (!w.chunks_left)
        send_done(w.worker, handle);
}

static void on_worker_request(void *ctx, const struct backend_request *rq)
{
    (void)ctx;
    w.requests++;
    if (w.chunks_left) {
        send_more(NULL, rq->handle);
        return;
    }
    send_chunk(w.worker, rq->handle, "a");
    send_chunk(w.worker, rq->handle, "b");
    send_chunk(w.worker, rq->handle, "c");
    send_done(w.worker, rq->handle);
}

static void on_cancel(void *ctx, uint64_t handle)
{
    (void)ctx;
    w.cancels++;
    backend_cancelled(w.store, handle);
}

enum err open_backend(struct backend **out, enum service s, const struct pair *key)
{
    static const struct backend_ops store_ops = {.on_request = on_store_request,
                                                 .on_cancel = on_cancel};
    static const struct backend_ops worker_ops = {
        .on_request = on_worker_request, .on_cancel = on_cancel, .on_credit = send_more};
    bool                   store = s == SERVICE_STORE;
    struct backend_options o = {.service = s,
                                .gateways = w.at,
                                .secret_key = key->secret_key,
                                .gateway_key = w.gateway_key.public_key,
                                .window = store ? 4 : 0,
                                .slots = store ? 0 : 2};
    return backend_open(out, w.loop, w.resolver, &o, store ? &store_ops : &worker_ops, NULL);
}

/* ---- the gateway's side ---- */

static void take(void *ctx)
{
    bus_credit(w.bus, w.request, w.replies.unacknowledged);
    w.replies.unacknowledged = 0;
    (void)ctx;
}

static void on_chunk(struct replies *got, const struct bus_reply *a)
{
    struct llm_chunk chunk;

    got->chunks++;
    got->bytes += a->body.len;
    got->unacknowledged += a->body.len;
    if (got->unacknowledged > got->most_unacknowledged)
        got->most_unacknowledged = got->unacknowledged;
    if (llm_chunk_decode(&chunk, a->body) == ERR_OK)
        strncat(got->text, chunk.text.p, chunk.text.len);
    timer_start(&w.reader, w.loop, 5, take, NULL);
}

static void on_reply(void *ctx, const struct bus_reply *a)
{
    struct replies *got = ctx;

    if (a->kind == BUS_REPLY_CHUNK)
        on_chunk(got, a);
    got->finals += a->kind == BUS_REPLY_FINAL;
    got->errors += a->kind == BUS_REPLY_ERROR;
    if (a->kind == BUS_REPLY_ERROR)
        got->err = a->err;
    if (w.drop)
        bus_cancel(w.bus, a->id);
    if (w.send_again) {
        w.send_again = false;
        send_request(SERVICE_STORE, 5000);
    }
}

uint64_t send_request(enum service s, uint64_t ttl_ms)
{
    struct bus_request q = {
        .service = s, .ttl_ms = ttl_ms, .on_reply = on_reply, .ctx = &w.replies};
    struct buf body = {0};
    uint64_t   id = 0;

    if (s == SERVICE_STORE)
        turn_stop_request_encode(&(struct turn_stop_request){0}, &body);
    else
        key_test_request_encode(&(struct key_test_request){0}, &body);
    q.body = buf_view(&body);
    assert_int_equal(bus_send(w.bus, &q, &id), ERR_OK);
    buf_fini(&body);
    return w.request = id;
}

bool store_is_up(void)
{
    return bus_instances(w.bus, SERVICE_STORE) == 1;
}

bool store_is_gone(void)
{
    return bus_instances(w.bus, SERVICE_STORE) == 0;
}

bool bus_is_open(void)
{
    return w.bus || open_bus() == ERR_OK;
}

bool has_ended(void)
{
    return w.replies.finals + w.replies.errors > 0;
}

bool is_requested(void)
{
    return w.requests > 0;
}

bool has_chunk(void)
{
    return w.replies.chunks > 0;
}

bool is_cancelled(void)
{
    return w.cancels > 0;
}

bool key_was_refused(void)
{
    return metric_value(METRIC_BUS_AUTH_REJECTED) > 0;
}
