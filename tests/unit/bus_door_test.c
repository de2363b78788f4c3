/* Which keys, frames and settings a gateway accepts; on real sockets. */
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "bus/common/sockets.h"
#include "bus/gateway/self_test.h"
#include "bus_world.h"
#include "wire/frame.h"

/* ---- a store that sends arbitrary bytes ---- */

static struct {
    zsock_t *socket;
    unsigned whos; /* received */
} raw;

static void on_raw(void *ctx, zsock_t *socket)
{
    zmq_msg_t    msg;
    struct frame f;

    (void)ctx;
    while (sockets_receive(socket, &msg)) {
        struct str bytes = {zmq_msg_data(&msg), zmq_msg_size(&msg)};
        raw.whos += frame_decode(&f, bytes) == ERR_OK && f.type == FRAME_WHO;
        zmq_msg_close(&msg);
    }
}

static void open_raw(void)
{
    raw.whos = 0;
    raw.socket = zsock_new(ZMQ_DEALER);
    assert_true(sockets_set_limits(raw.socket) &&
                sockets_set(raw.socket,
                            (struct socket_option[]){{ZMQ_PROBE_ROUTER, 1}, {ZMQ_IMMEDIATE, 1}},
                            2) &&
                sockets_set_text(raw.socket, ZMQ_CURVE_SERVERKEY, w.gateway_key.public_key) &&
                sockets_set_text(raw.socket, ZMQ_CURVE_PUBLICKEY, w.store_key.public_key) &&
                sockets_set_text(raw.socket, ZMQ_CURVE_SECRETKEY, w.store_key.secret_key) &&
                zmq_connect(zsock_resolve(raw.socket), w.bind) == 0);
    loop_socket(w.loop, raw.socket, on_raw, NULL);
}

static void raw_send(const void *bytes, size_t len, bool more)
{
    assert_int_equal(zmq_send(zsock_resolve(raw.socket), bytes, len, more ? ZMQ_SNDMORE : 0), len);
}

static bool raw_is_asked_who(void)
{
    return raw.whos > 0;
}

static bool ping_got_who(void)
{
    return raw.whos > 1;
}

/* A PING with epoch 0 draws a WHO; by then everything sent before it was read. */
static void raw_pings(void)
{
    struct frame f = {.version = PROTOCOL_VERSION, .type = FRAME_PING};
    struct buf   bytes = {0};

    frame_encode(&f, &bytes);
    raw_send(bytes.p, bytes.len, false);
    buf_fini(&bytes);
    run_until(ping_got_who);
}

static void close_raw(void)
{
    loop_socket_end(w.loop, raw.socket);
    zsock_destroy(&raw.socket);
}

/* ---- promises ---- */

static void an_unknown_key_is_refused_until_it_is_allowed(void **state)
{
    (void)state;
    write_allow(false);
    bus_reload(w.bus);
    metric_set(METRIC_BUS_AUTH_REJECTED, 0);
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    run_until(key_was_refused);
    assert_true(store_is_gone());
    write_allow(true);
    bus_reload(w.bus);
    run_until(store_is_up);
}

static void a_key_is_good_for_its_own_service_only(void **state)
{
    (void)state;
    metric_set(METRIC_BUS_AUTH_REJECTED, 0);
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.worker_key), ERR_OK);
    run_until(key_was_refused);
    assert_true(store_is_gone());
}

static void a_revoked_key_is_cut_and_a_returned_one_let_in(void **state)
{
    (void)state;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    run_until(store_is_up);
    write_allow(false);
    bus_reload(w.bus);
    assert_true(store_is_gone());
    metric_set(METRIC_BUS_AUTH_REJECTED, 0);
    run_until(key_was_refused); /* its frames, on the connection it still has */
    assert_true(store_is_gone());
    write_allow(true);
    bus_reload(w.bus);
    run_until(store_is_up);
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
    close_raw();
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
    close_raw();
}

static void an_oversized_frame_costs_its_connection_only(void **state)
{
    (void)state;
    char *huge = mem_new(FRAME_MAX + 1);

    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    open_raw();
    run_until(raw_is_asked_who);
    raw_send(huge, FRAME_MAX + 1, false);
    run_until(ping_got_who); /* its next connection says hello */
    free(huge);
    send_request(SERVICE_STORE, 5000);
    run_until(has_ended);
    assert_int_equal(w.replies.finals, 1);
    close_raw();
}

static void the_self_test_finds_that_any_key_is_accepted(void **state)
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
    assert_true(sockets_set_limits(router) &&
                sockets_set(router, (struct socket_option[]){{ZMQ_CURVE_SERVER, 1}, {93, 1}}, 2) &&
                sockets_set_text(router, ZMQ_CURVE_SECRETKEY, w.gateway_key.secret_key) &&
                zmq_bind(zsock_resolve(router), "tcp://127.0.0.1:*") == 0 &&
                zmq_getsockopt(zsock_resolve(router), ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    assert_int_equal(self_test(zap, endpoint, w.gateway_key.public_key), ERR_DOWN);
    zsock_destroy(&router);
    zap_close(&zap);
}

static void every_start_sees_an_unknown_key_refused(void **state)
{
    (void)state;
    bus_close(&w.bus);
    metric_set(METRIC_BUS_AUTH_REJECTED, 0);
    run_until(bus_is_open);
    assert_int_equal(metric_value(METRIC_BUS_AUTH_REJECTED), 1);
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
    struct backend_ops     ops = {0}; /* never called */

    assert_int_equal(backend_open(&w.store, w.loop, w.resolver, &o, &ops, NULL), ERR_BAD_REQUEST);
    o.secret_key = w.store_key.secret_key;
    o.gateways = "a:b:";
    assert_int_equal(backend_open(&w.store, w.loop, w.resolver, &o, &ops, NULL), ERR_BAD_REQUEST);
    assert_null(w.store);
    bus_close(&w.bus);
    w.gateway_key.secret_key[0] = '\0';
    assert_int_equal(open_bus(), ERR_DOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(an_unknown_key_is_refused_until_it_is_allowed),
        PROMISE(a_key_is_good_for_its_own_service_only),
        PROMISE(a_revoked_key_is_cut_and_a_returned_one_let_in),
        PROMISE(more_than_one_part_is_counted_and_dropped),
        PROMISE(a_frame_cut_at_any_byte_is_counted_and_dropped),
        PROMISE(an_oversized_frame_costs_its_connection_only),
        PROMISE(the_self_test_finds_that_any_key_is_accepted),
        PROMISE(every_start_sees_an_unknown_key_refused),
        PROMISE(a_taken_port_is_an_error),
        PROMISE(a_bad_setting_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
