/* What bus and backend promise, on real sockets with CURVE: both ends in one loop. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/log.h"
#include "base/metrics.h"
#include "bus/allow.h"
#include "bus/backend.h"
#include "bus/bus.h"
#include "bus/self_test.h"
#include "bus/sockets.h"
#include "test.h"
#include "wire/frame.h"
#include "wire/messages.h"

#define PATIENCE_MS 10000
#define BEAT_MS     200
#define NEVER_MS    60000 /* a heartbeat whose absence nobody here notices */
#define PIECE_LEN   16000

struct pair {
    char public_key[KEY_LEN + 1], secret_key[KEY_LEN + 1];
};

struct answers {
    unsigned chunks, finals, errors;
    enum err err;
    char     text[64];
    size_t   bytes, untaken, most_untaken; /* of chunks */
};

/* A gateway, and up to two backends that answer by the rules of `behave`. */
static struct world {
    struct loop     *loop;
    struct resolver *resolver;
    struct bus      *bus;
    struct backend  *store, *worker;
    struct pair      gateway_key, store_key, worker_key;
    char             allow_file[64], bind[64], at[32];
    struct answers   answers;
    unsigned         requests, cancels, beat_ms;
    uint64_t         held; /* a request that is not answered */
    bool             hold;
    unsigned         pieces_left; /* of a long answer */
    bool             ask_again;   /* from inside the answer */
    bool             drop;        /* the question, from inside its first answer */
    zsock_t         *raw;         /* a store that writes what it likes */
    unsigned         whos;        /* that raw was asked */
    bool (*until)(void);
    struct timer look, patience, reader;
    uint64_t     question; /* the last one */
} w;

/* ---- the world ---- */

static void make_key(struct pair *k)
{
    must(zmq_curve_keypair(k->public_key, k->secret_key) == 0);
}

static void write_allow(bool with_store)
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

static enum err open_bus(void)
{
    struct bus_options o = {.bind = w.bind,
                            .secret_key = w.gateway_key.secret_key,
                            .allow_file = w.allow_file,
                            .queue_max = 10,
                            .heartbeat_ms = w.beat_ms};
    return bus_open(&w.bus, w.loop, &o);
}

static int open_world(void **state)
{
    (void)state;
    w = (struct world){.beat_ms = BEAT_MS};
    log_open("test", LOG_LEVEL_ERROR + 1, LOG_FORMAT_LOGFMT);
    ids_init();
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

static int close_world(void **state)
{
    (void)state;
    timer_stop(&w.reader);
    zsock_destroy(&w.raw);
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
        timer_start(&w.look, w.loop, 5, look, NULL);
}

static void lose_patience(void *ctx)
{
    (void)ctx;
    loop_quit(w.loop);
}

/* Runs the loop until the condition holds. */
static void run_until(bool (*condition)(void))
{
    w.until = condition;
    timer_start(&w.look, w.loop, 0, look, NULL);
    timer_start(&w.patience, w.loop, PATIENCE_MS, lose_patience, NULL);
    loop_run(w.loop);
    timer_stop(&w.look);
    timer_stop(&w.patience);
    assert_true(condition());
}

/* ---- backends ---- */

static void say_done(struct backend *b, uint64_t handle)
{
    struct buf body = {0};

    done_say_encode(&(struct done_say){0}, &body);
    backend_final(b, handle, buf_view(&body));
    buf_fini(&body);
}

static void say_piece(struct backend *b, uint64_t handle, const char *text)
{
    struct buf body = {0};

    llm_piece_encode(&(struct llm_piece){.text = str_of(text)}, &body);
    backend_chunk(b, handle, buf_view(&body));
    buf_fini(&body);
}

static void on_store_request(void *ctx, const struct request *rq)
{
    (void)ctx;
    w.requests++;
    if (w.hold)
        w.held = rq->handle;
    else
        say_done(w.store, rq->handle);
}

/* As much as there is credit for. */
static void say_more(void *ctx, uint64_t handle)
{
    static char piece[PIECE_LEN];

    (void)ctx;
    while (w.pieces_left && backend_credit(w.worker, handle)) {
        w.pieces_left--;
        backend_chunk(w.worker, handle, (struct str){piece, sizeof piece});
    }
    if (!w.pieces_left)
        say_done(w.worker, handle);
}

static void on_worker_request(void *ctx, const struct request *rq)
{
    (void)ctx;
    w.requests++;
    if (w.pieces_left) {
        say_more(NULL, rq->handle);
        return;
    }
    say_piece(w.worker, rq->handle, "a");
    say_piece(w.worker, rq->handle, "b");
    say_piece(w.worker, rq->handle, "c");
    say_done(w.worker, rq->handle);
}

static void on_cancel(void *ctx, uint64_t handle)
{
    (void)ctx;
    w.cancels++;
    backend_cancelled(w.store, handle);
}

static enum err open_backend(struct backend **out, enum service s, const struct pair *key)
{
    static const struct backend_ops store_ops = {.on_request = on_store_request,
                                                 .on_cancel = on_cancel};
    static const struct backend_ops worker_ops = {
        .on_request = on_worker_request, .on_cancel = on_cancel, .on_credit = say_more};
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

static uint64_t ask(enum service s, uint64_t ttl_ms);

static void take(void *ctx)
{
    bus_taken(w.bus, w.question, w.answers.untaken);
    w.answers.untaken = 0;
    (void)ctx;
}

static void on_chunk(struct answers *got, const struct answer *a)
{
    struct llm_piece piece;

    got->chunks++;
    got->bytes += a->body.len;
    got->untaken += a->body.len;
    if (got->untaken > got->most_untaken)
        got->most_untaken = got->untaken;
    if (llm_piece_decode(&piece, a->body) == ERR_OK)
        strncat(got->text, piece.text.p, piece.text.len);
    timer_start(&w.reader, w.loop, 5, take, NULL);
}

static void on_answer(void *ctx, const struct answer *a)
{
    struct answers *got = ctx;

    if (a->kind == ANSWER_CHUNK)
        on_chunk(got, a);
    got->finals += a->kind == ANSWER_FINAL;
    got->errors += a->kind == ANSWER_ERROR;
    if (a->kind == ANSWER_ERROR)
        got->err = a->err;
    if (w.drop)
        bus_drop(w.bus, a->id);
    if (w.ask_again) {
        w.ask_again = false;
        ask(SERVICE_STORE, 5000);
    }
}

static uint64_t ask(enum service s, uint64_t ttl_ms)
{
    struct question q = {.service = s, .ttl_ms = ttl_ms, .on_answer = on_answer, .ctx = &w.answers};
    struct buf      body = {0};
    uint64_t        id = 0;

    if (s == SERVICE_STORE)
        turn_stop_ask_encode(&(struct turn_stop_ask){0}, &body);
    else
        key_test_ask_encode(&(struct key_test_ask){0}, &body);
    q.body = buf_view(&body);
    assert_int_equal(bus_ask(w.bus, &q, &id), ERR_OK);
    buf_fini(&body);
    return w.question = id;
}

static bool store_is_there(void)
{
    return bus_instances(w.bus, SERVICE_STORE) == 1;
}

static bool store_is_away(void)
{
    return bus_instances(w.bus, SERVICE_STORE) == 0;
}

static bool bus_is_open(void)
{
    return w.bus || open_bus() == ERR_OK;
}

static bool is_answered(void)
{
    return w.answers.finals + w.answers.errors > 0;
}

static bool is_requested(void)
{
    return w.requests > 0;
}

static bool a_piece_came(void)
{
    return w.answers.chunks > 0;
}

static bool is_cancelled(void)
{
    return w.cancels > 0;
}

static bool somebody_was_refused(void)
{
    return metric_value(METRIC_BUS_STRANGERS) > 0;
}

/* ---- a store that writes what it likes ---- */

static void on_raw(void *ctx, zsock_t *socket)
{
    zmq_msg_t    msg;
    struct frame f;

    (void)ctx;
    while (socket_receive(socket, &msg)) {
        struct str bytes = {zmq_msg_data(&msg), zmq_msg_size(&msg)};
        w.whos += frame_decode(&f, bytes) == ERR_OK && f.type == FRAME_WHO;
        zmq_msg_close(&msg);
    }
}

static void open_raw(void)
{
    w.raw = zsock_new(ZMQ_DEALER);
    assert_true(
        socket_set_limits(w.raw) &&
        socket_set(w.raw, (struct socket_option[]){{ZMQ_PROBE_ROUTER, 1}, {ZMQ_IMMEDIATE, 1}}, 2) &&
        socket_set_text(w.raw, ZMQ_CURVE_SERVERKEY, w.gateway_key.public_key) &&
        socket_set_text(w.raw, ZMQ_CURVE_PUBLICKEY, w.store_key.public_key) &&
        socket_set_text(w.raw, ZMQ_CURVE_SECRETKEY, w.store_key.secret_key) &&
        zmq_connect(zsock_resolve(w.raw), w.bind) == 0);
    loop_socket(w.loop, w.raw, on_raw, NULL);
}

static void raw_send(const void *bytes, size_t len, bool more)
{
    assert_int_equal(zmq_send(zsock_resolve(w.raw), bytes, len, more ? ZMQ_SNDMORE : 0), len);
}

static bool raw_is_asked_who(void)
{
    return w.whos > 0;
}

static bool ping_is_answered(void)
{
    return w.whos > 1;
}

/* A PING with epoch 0 draws a WHO, and all that was sent before it has been read. */
static void raw_pings(void)
{
    struct frame f = {.version = PROTOCOL_VERSION, .type = FRAME_PING};
    struct buf   bytes = {0};

    frame_encode(&f, &bytes);
    raw_send(bytes.p, bytes.len, false);
    buf_fini(&bytes);
    run_until(ping_is_answered);
}

/* ---- promises ---- */

static void a_question_is_answered(void **state)
{
    (void)state;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    ask(SERVICE_STORE, 5000);
    run_until(is_answered);
    assert_int_equal(w.answers.finals, 1);
}

static void chunks_come_in_order_before_the_end(void **state)
{
    (void)state;
    assert_int_equal(open_backend(&w.worker, SERVICE_LLM_WORKER, &w.worker_key), ERR_OK);
    ask(SERVICE_LLM_WORKER, 5000);
    run_until(is_answered);
    assert_int_equal(w.answers.chunks, 3);
    assert_string_equal(w.answers.text, "abc");
}

static void a_dropped_question_is_cancelled_at_the_backend(void **state)
{
    (void)state;
    w.hold = true;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    uint64_t id = ask(SERVICE_STORE, 5000);
    run_until(is_requested);
    bus_drop(w.bus, id);
    run_until(is_cancelled);
    assert_false(is_answered());
    assert_true(bus_is_idle(w.bus));
}

/* The other pieces and the end came with the first, and lie ready. */
static void nothing_is_delivered_after_a_drop(void **state)
{
    (void)state;
    w.drop = true;
    assert_int_equal(open_backend(&w.worker, SERVICE_LLM_WORKER, &w.worker_key), ERR_OK);
    ask(SERVICE_LLM_WORKER, 5000);
    run_until(a_piece_came);
    assert_int_equal(w.answers.chunks, 1);
    assert_false(is_answered());
    assert_true(bus_is_idle(w.bus));
}

static void beat_slowly(void)
{
    bus_close(&w.bus);
    w.beat_ms = NEVER_MS;
    run_until(bus_is_open); /* libzmq may still be closing the port */
}

static void a_restarted_gateway_is_found_again(void **state)
{
    (void)state;
    beat_slowly(); /* that it is gone is known because it takes no frames */
    w.hold = true;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    ask(SERVICE_STORE, NEVER_MS);
    run_until(is_requested);
    bus_close(&w.bus);
    run_until(is_cancelled); /* its gateway is gone */
    w.hold = false;
    run_until(bus_is_open); /* libzmq may still be closing the port */
    run_until(store_is_there);
    ask(SERVICE_STORE, 5000);
    run_until(is_answered);
    assert_int_equal(w.answers.finals, 1);
}

static void a_backend_that_leaves_says_bye(void **state)
{
    (void)state;
    beat_slowly();
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    run_until(store_is_there);
    backend_close(&w.store);
    run_until(store_is_away);
}

/* libzmq itself does not dial again after a refusal. */
static void a_stranger_is_refused_until_its_key_is_allowed(void **state)
{
    (void)state;
    write_allow(false);
    bus_reload(w.bus);
    metric_set(METRIC_BUS_STRANGERS, 0);
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    run_until(somebody_was_refused);
    assert_true(store_is_away());
    write_allow(true);
    bus_reload(w.bus);
    run_until(store_is_there);
}

static void a_key_is_good_for_its_own_service_only(void **state)
{
    (void)state;
    metric_set(METRIC_BUS_STRANGERS, 0);
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.worker_key), ERR_OK);
    run_until(somebody_was_refused);
    assert_true(store_is_away());
}

static void a_revoked_key_is_cut_and_a_returned_one_let_in(void **state)
{
    (void)state;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    run_until(store_is_there);
    write_allow(false);
    bus_reload(w.bus);
    assert_true(store_is_away());
    metric_set(METRIC_BUS_STRANGERS, 0);
    run_until(somebody_was_refused); /* its frames, on the connection it still has */
    assert_true(store_is_away());
    write_allow(true);
    bus_reload(w.bus);
    run_until(store_is_there);
}

static void a_long_answer_flows_as_it_is_read(void **state)
{
    (void)state;
    w.pieces_left = 40;
    assert_int_equal(open_backend(&w.worker, SERVICE_LLM_WORKER, &w.worker_key), ERR_OK);
    ask(SERVICE_LLM_WORKER, 20000);
    run_until(is_answered);
    assert_int_equal(w.answers.finals, 1);
    assert_int_equal(w.answers.bytes, 40 * PIECE_LEN);
    assert_true(w.answers.most_untaken < 65536 + PIECE_LEN);
}

static bool two_are_answered(void)
{
    return w.answers.finals == 2;
}

static void a_question_may_be_asked_from_inside_an_answer(void **state)
{
    (void)state;
    w.ask_again = true;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    ask(SERVICE_STORE, 5000);
    run_until(two_are_answered);
}

static void more_than_one_part_is_counted_and_dropped(void **state)
{
    (void)state;
    open_raw();
    run_until(raw_is_asked_who);
    metric_set(METRIC_BUS_BAD_FRAMES, 0);
    raw_send("a", 1, true);
    raw_send("b", 1, false);
    for (unsigned i = 0; i < 999; i++)
        raw_send("", 0, true);
    raw_send("c", 1, false);
    raw_pings();
    assert_int_equal(metric_value(METRIC_BUS_BAD_FRAMES), 2);
}

static void a_frame_cut_at_any_byte_is_counted_and_dropped(void **state)
{
    (void)state;
    struct frame f = {.version = PROTOCOL_VERSION, .type = FRAME_PING, .body = STR("body")};
    struct buf   bytes = {0};

    open_raw();
    run_until(raw_is_asked_who);
    metric_set(METRIC_BUS_BAD_FRAMES, 0);
    frame_encode(&f, &bytes);
    for (size_t len = 1; len < bytes.len; len++)
        raw_send(bytes.p, len, false);
    raw_pings();
    assert_int_equal(metric_value(METRIC_BUS_BAD_FRAMES), bytes.len - 1);
    buf_fini(&bytes);
}

static void an_oversized_frame_costs_its_connection_only(void **state)
{
    (void)state;
    char *huge = mem_new(FRAME_MAX + 1);

    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    open_raw();
    run_until(raw_is_asked_who);
    raw_send(huge, FRAME_MAX + 1, false);
    run_until(ping_is_answered); /* its next connection says hello */
    free(huge);
    ask(SERVICE_STORE, 5000);
    run_until(is_answered);
    assert_int_equal(w.answers.finals, 1);
}

/* With option 93 (ZAP_ENFORCE_DOMAIN) but no domain libzmq does not ask the handler. */
static void an_open_door_is_found_by_the_self_test(void **state)
{
    (void)state;
    struct allow none = {0};
    zsock_t     *router = zsock_new(ZMQ_ROUTER);
    struct zap  *zap;
    char         endpoint[64];
    size_t       size = sizeof endpoint;

    bus_close(&w.bus);
    zap = zap_open(&none);
    assert_non_null(zap);
    assert_true(socket_set_limits(router) &&
                socket_set(router, (struct socket_option[]){{ZMQ_CURVE_SERVER, 1}, {93, 1}}, 2) &&
                socket_set_text(router, ZMQ_CURVE_SECRETKEY, w.gateway_key.secret_key) &&
                zmq_bind(zsock_resolve(router), "tcp://127.0.0.1:*") == 0 &&
                zmq_getsockopt(zsock_resolve(router), ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    assert_int_equal(self_test(zap, endpoint, w.gateway_key.public_key), ERR_DOWN);
    zsock_destroy(&router);
    zap_close(&zap);
}

static void a_gateway_is_found_by_its_ipv6_address(void **state)
{
    (void)state;
    char *port = strrchr(w.at, ':');

    bus_close(&w.bus);
    str_format(w.bind, sizeof w.bind, "tcp://[::1]%s", port);
    if (open_bus())
        skip(); /* this host has no IPv6 */
    memmove(w.at + strlen("[::1]"), port, strlen(port) + 1);
    memcpy(w.at, "[::1]", strlen("[::1]"));
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    run_until(store_is_there);
}

static void every_start_sees_a_stranger_refused(void **state)
{
    (void)state;
    bus_close(&w.bus);
    metric_set(METRIC_BUS_STRANGERS, 0);
    run_until(bus_is_open);
    assert_int_equal(metric_value(METRIC_BUS_STRANGERS), 1);
}

static void a_taken_port_is_an_error(void **state)
{
    (void)state;
    zsock_t *other = zsock_new_rep("tcp://127.0.0.1:*");
    char    *endpoint = zsock_last_endpoint(other);

    bus_close(&w.bus);
    str_format(w.bind, sizeof w.bind, "%s", endpoint);
    assert_int_equal(open_bus(), ERR_DOWN);
    assert_null(w.bus);
    free(endpoint);
    zsock_destroy(&other);
}

static void a_bad_setting_is_an_error(void **state)
{
    (void)state;
    struct backend_options o = {.service = SERVICE_STORE,
                                .gateways = w.at,
                                .secret_key = "not a key",
                                .gateway_key = w.gateway_key.public_key,
                                .window = 1};
    struct backend_ops     ops = {.on_request = on_store_request, .on_cancel = on_cancel};

    assert_int_equal(backend_open(&w.store, w.loop, w.resolver, &o, &ops, NULL), ERR_BAD_REQUEST);
    o.secret_key = w.store_key.secret_key;
    o.gateways = "a:b:";
    assert_int_equal(backend_open(&w.store, w.loop, w.resolver, &o, &ops, NULL), ERR_BAD_REQUEST);
    assert_null(w.store);
    bus_close(&w.bus);
    w.gateway_key.secret_key[0] = '\0';
    assert_int_equal(open_bus(), ERR_DOWN);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_question_is_answered),
        PROMISE(chunks_come_in_order_before_the_end),
        PROMISE(a_dropped_question_is_cancelled_at_the_backend),
        PROMISE(nothing_is_delivered_after_a_drop),
        PROMISE(a_restarted_gateway_is_found_again),
        PROMISE(a_backend_that_leaves_says_bye),
        PROMISE(a_stranger_is_refused_until_its_key_is_allowed),
        PROMISE(a_key_is_good_for_its_own_service_only),
        PROMISE(a_revoked_key_is_cut_and_a_returned_one_let_in),
        PROMISE(a_long_answer_flows_as_it_is_read),
        PROMISE(a_question_may_be_asked_from_inside_an_answer),
        PROMISE(more_than_one_part_is_counted_and_dropped),
        PROMISE(a_frame_cut_at_any_byte_is_counted_and_dropped),
        PROMISE(an_oversized_frame_costs_its_connection_only),
        PROMISE(an_open_door_is_found_by_the_self_test),
        PROMISE(a_gateway_is_found_by_its_ipv6_address),
        PROMISE(every_start_sees_a_stranger_refused),
        PROMISE(a_taken_port_is_an_error),
        PROMISE(a_bad_setting_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
