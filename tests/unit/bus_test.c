/* What bus and backend promise, on real sockets with CURVE; bus_door_test has access control. */
#include <string.h>

#include "bus_world.h"

static void a_request_gets_its_reply(void **state)
{
    (void)state;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    send_request(SERVICE_STORE, 5000);
    run_until(has_ended);
    assert_int_equal(w.replies.finals, 1);
}

static void chunks_come_in_order_before_the_end(void **state)
{
    (void)state;
    assert_int_equal(open_backend(&w.worker, SERVICE_LLM_WORKER, &w.worker_key), ERR_OK);
    send_request(SERVICE_LLM_WORKER, 5000);
    run_until(has_ended);
    assert_int_equal(w.replies.chunks, 3);
    assert_string_equal(w.replies.text, "abc");
}

static void a_cancelled_request_is_cancelled_at_the_backend(void **state)
{
    (void)state;
    w.hold = true;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    uint64_t id = send_request(SERVICE_STORE, 5000);
    run_until(is_requested);
    bus_cancel(w.bus, id);
    run_until(is_cancelled);
    assert_false(has_ended());
    assert_true(bus_is_idle(w.bus));
}

/* The other chunks and the end arrived with the first and are ready to be delivered. */
static void nothing_is_delivered_after_a_cancel(void **state)
{
    (void)state;
    w.drop = true;
    assert_int_equal(open_backend(&w.worker, SERVICE_LLM_WORKER, &w.worker_key), ERR_OK);
    send_request(SERVICE_LLM_WORKER, 5000);
    run_until(has_chunk);
    assert_int_equal(w.replies.chunks, 1);
    assert_false(has_ended());
    assert_true(bus_is_idle(w.bus));
}

static void slow_heartbeat(void)
{
    bus_close(&w.bus);
    w.heartbeat_ms = NEVER_MS;
    run_until(bus_is_open); /* libzmq may still be closing the port */
}

static void a_restarted_gateway_is_found_again(void **state)
{
    (void)state;
    slow_heartbeat(); /* so only a failed send shows that it is gone */
    w.hold = true;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    send_request(SERVICE_STORE, NEVER_MS);
    run_until(is_requested);
    bus_close(&w.bus);
    run_until(is_cancelled); /* its gateway is gone */
    w.hold = false;
    run_until(bus_is_open); /* libzmq may still be closing the port */
    run_until(store_is_up);
    send_request(SERVICE_STORE, 5000);
    run_until(has_ended);
    assert_int_equal(w.replies.finals, 1);
}

static void a_backend_that_leaves_says_bye(void **state)
{
    (void)state;
    slow_heartbeat();
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    run_until(store_is_up);
    backend_close(&w.store);
    run_until(store_is_gone);
}

static void a_long_reply_flows_as_it_is_consumed(void **state)
{
    (void)state;
    w.chunks_left = 40;
    assert_int_equal(open_backend(&w.worker, SERVICE_LLM_WORKER, &w.worker_key), ERR_OK);
    send_request(SERVICE_LLM_WORKER, 20000);
    run_until(has_ended);
    assert_int_equal(w.replies.finals, 1);
    assert_int_equal(w.replies.bytes, 40 * CHUNK_LEN);
    assert_true(w.replies.most_unacknowledged < 65536 + CHUNK_LEN);
}

static bool two_have_ended(void)
{
    return w.replies.finals == 2;
}

static void a_request_may_be_sent_from_inside_on_reply(void **state)
{
    (void)state;
    w.send_again = true;
    assert_int_equal(open_backend(&w.store, SERVICE_STORE, &w.store_key), ERR_OK);
    send_request(SERVICE_STORE, 5000);
    run_until(two_have_ended);
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
    run_until(store_is_up);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_request_gets_its_reply),
        PROMISE(chunks_come_in_order_before_the_end),
        PROMISE(a_cancelled_request_is_cancelled_at_the_backend),
        PROMISE(nothing_is_delivered_after_a_cancel),
        PROMISE(a_restarted_gateway_is_found_again),
        PROMISE(a_backend_that_leaves_says_bye),
        PROMISE(a_long_reply_flows_as_it_is_consumed),
        PROMISE(a_request_may_be_sent_from_inside_on_reply),
        PROMISE(a_gateway_is_found_by_its_ipv6_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
