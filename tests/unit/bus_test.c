/* What bus and backend promise, on real sockets with CURVE; who gets in is in bus_door_test. */
#include <string.h>

#include "bus_world.h"

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
    bus_cancel(w.bus, id);
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

/* With option 93 (ZAP_ENFORCE_DOMAIN) but no domain libzmq does not ask the handler. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_question_is_answered),
        PROMISE(chunks_come_in_order_before_the_end),
        PROMISE(a_dropped_question_is_cancelled_at_the_backend),
        PROMISE(nothing_is_delivered_after_a_drop),
        PROMISE(a_restarted_gateway_is_found_again),
        PROMISE(a_backend_that_leaves_says_bye),
        PROMISE(a_long_answer_flows_as_it_is_read),
        PROMISE(a_question_may_be_asked_from_inside_an_answer),
        PROMISE(a_gateway_is_found_by_its_ipv6_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
