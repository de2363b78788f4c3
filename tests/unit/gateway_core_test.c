/* What gateway_core promises, one promise at a time; bus_sim_test combines them. */
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "bus/gateway/gateway_core.h"
#include "test.h"
#include "wire/messages.h"

#define EPOCH 77
#define BEAT  1000

/* A gateway, the last frames it sent and the last replies it delivered. */
static struct world {
    struct gateway_core *core;
    uint64_t             now;
    struct sender        from[4]; /* route 0 is unused; 1, 2 stores or workers; 3 a worker */
    unsigned             sent[FRAME_FINAL + 1]; /* by type */
    uint64_t             to;                    /* of the last REQUEST */
    uint64_t             request_id;            /* id of the last request, where a test wants it */
    struct frame         request, other;        /* heads only */
    uint64_t             credit;
    unsigned             chunks, finals, errors;
    struct action        last; /* reply */
} w;

/* ---- the world ---- */

static int open_world(void **state)
{
    struct gateway_core_options o = {
        .epoch = EPOCH, .seed = 1, .heartbeat_ms = BEAT, .queue_max = 3};
    (void)state;
    w = (struct world){.now = 1000000};
    w.core = gateway_core_new(&o, w.now);
    w.from[1] = (struct sender){1, SERVICE_STORE, STR("key")};
    w.from[2] = (struct sender){2, SERVICE_STORE, STR("key")};
    w.from[3] = (struct sender){3, SERVICE_LLM_WORKER, STR("worker")};
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    gateway_core_free(&w.core);
    assert_int_equal(metric_value(METRIC_BUS_IN_FLIGHT), 0);
    return 0;
}

static void note_sent(const struct action *a)
{
    struct frame  f;
    struct credit credit;

    assert_int_equal(frame_decode(&f, buf_view(&a->bytes)), ERR_OK);
    assert_int_equal(f.epoch, EPOCH);
    w.sent[f.type]++;
    if (f.type == FRAME_CREDIT && credit_decode(&credit, f.body) == ERR_OK)
        w.credit = credit.bytes;
    f.body = f.trace = (struct str){0};
    if (f.type == FRAME_REQUEST) {
        w.request = f;
        w.to = a->to;
    } else {
        w.other = f;
    }
}

static void act(void)
{
    struct action a;

    while (gateway_core_next(w.core, &a)) {
        if (a.kind == ACTION_SEND)
            note_sent(&a);
        w.chunks += a.kind == ACTION_CHUNK;
        w.finals += a.kind == ACTION_FINAL;
        w.errors += a.kind == ACTION_ERROR;
        if (a.kind != ACTION_SEND)
            w.last = a;
        outbox_fini_action(&a);
    }
}

static void receive_frame(unsigned route, struct frame f)
{
    struct buf bytes = {0};

    f.version = f.version ? f.version : PROTOCOL_VERSION;
    frame_encode(&f, &bytes);
    gateway_core_frame(w.core, w.now, &w.from[route], buf_view(&bytes));
    act();
    buf_fini(&bytes);
}

/* A frame about the last request. */
static void receive(unsigned route, uint64_t type, uint64_t sequence, struct str body)
{
    receive_frame(route, (struct frame){.type = type,
                                        .epoch = EPOCH,
                                        .id = w.request.id,
                                        .attempt = w.request.attempt,
                                        .sequence = sequence,
                                        .body = body});
}

static void receive_ready_as(unsigned route, const char *service, const char *instance,
                             uint64_t boot, uint64_t window, uint64_t slots)
{
    struct ready r = {.service = str_of(service),
                      .instance = str_of(instance),
                      .boot = boot,
                      .protocol_min = 1,
                      .protocol_max = 1,
                      .window = window,
                      .slots = slots};
    struct buf   body = {0};

    ready_encode(&r, &body);
    receive_frame(route, (struct frame){.type = FRAME_READY, .body = buf_view(&body)});
    buf_fini(&body);
}

static void store_ready(unsigned route)
{
    receive_ready_as(route, "store", route == 1 ? "one" : "two", 1, 2, 0);
}

static void receive_ping(unsigned route)
{
    struct buf body = {0};

    ping_encode(&(struct ping){0}, &body);
    receive_frame(route,
                  (struct frame){.type = FRAME_PING, .epoch = EPOCH, .body = buf_view(&body)});
    buf_fini(&body);
}

static void receive_this_error(unsigned route, const struct error *e)
{
    struct buf body = {0};

    error_encode(e, &body);
    receive(route, FRAME_ERROR, 0, buf_view(&body));
    buf_fini(&body);
}

static void receive_error(unsigned route, bool retryable, uint64_t retry_after_ms)
{
    receive_this_error(route, &(struct error){.code = STR("upstream_rate_limited"),
                                              .retryable = retryable,
                                              .retry_after_ms = retry_after_ms,
                                              .detail = STR("slower")});
}

static void receive_not_here(unsigned route, uint64_t retry_after_ms)
{
    receive_this_error(route, &(struct error){.code = STR("upstream_error"),
                                              .retryable = true,
                                              .retry_after_ms = retry_after_ms,
                                              .local = true});
}

static void offer_of(unsigned route, uint64_t number)
{
    struct buf body = {0};

    offer_encode(&(struct offer){.offer = number}, &body);
    receive_frame(route,
                  (struct frame){.type = FRAME_OFFER, .epoch = EPOCH, .body = buf_view(&body)});
    buf_fini(&body);
}

static void offer(uint64_t number)
{
    offer_of(3, number);
}

static void revoke(uint64_t number)
{
    struct buf body = {0};

    revoke_encode(&(struct revoke){.offer = number}, &body);
    receive_frame(3, (struct frame){.type = FRAME_REVOKE, .epoch = EPOCH, .body = buf_view(&body)});
    buf_fini(&body);
}

static uint64_t send_request(enum service s, uint64_t ttl_ms)
{
    uint64_t id;

    assert_int_equal(gateway_core_send(w.core, w.now, s, STR("body"), ttl_ms, STR("trace"), &id),
                     ERR_OK);
    act();
    return id;
}

static void wait_ms(uint64_t ms)
{
    for (uint64_t end = w.now + ms; w.now < end;) {
        w.now += 10;
        gateway_core_tick(w.core, w.now);
        act();
    }
}

/* While the backends at these routes keep their heartbeat. */
static void wait_alive(uint64_t ms, unsigned routes)
{
    for (uint64_t end = w.now + ms; w.now < end;) {
        wait_ms(100);
        for (unsigned r = 1; r <= routes; r++)
            receive_ping(r);
    }
}

/* ---- connecting ---- */

static void a_hello_and_an_unknown_connection_get_who(void **state)
{
    (void)state;
    gateway_core_frame(w.core, w.now, &w.from[1], (struct str){0});
    act();
    assert_int_equal(w.sent[FRAME_WHO], 1);
    receive_ping(1);
    assert_int_equal(w.sent[FRAME_WHO], 2);
    assert_int_equal(w.sent[FRAME_PONG], 0);
}

static void ready_gets_welcome(void **state)
{
    (void)state;
    store_ready(1);
    assert_int_equal(w.sent[FRAME_WELCOME], 1);
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 1);
}

static void an_unsuitable_ready_is_refused(void **state)
{
    (void)state;
    receive_ready_as(1, "filter", "one", 1, 2, 0);     /* not the service of its key */
    receive_ready_as(1, "store", "", 1, 2, 0);         /* no instance */
    receive_ready_as(1, "store", "a b", 1, 2, 0);      /* would break the log line */
    receive_ready_as(1, "store", "one", 1, 0, 0);      /* no window */
    receive_ready_as(1, "store", "one", 1, 2, 2);      /* slots are for workers */
    receive_ready_as(3, "llm-worker", "one", 1, 2, 0); /* and windows are not */
    assert_int_equal(w.sent[FRAME_WELCOME], 0);
}

static void the_newer_start_of_an_instance_wins(void **state)
{
    (void)state;
    receive_ready_as(1, "store", "one", 5, 2, 0);
    receive_ready_as(2, "store", "one", 4, 2, 0); /* older */
    assert_int_equal(w.sent[FRAME_WELCOME], 1);
    receive_ready_as(2, "store", "one", 5, 2, 0); /* the same one, dialled again */
    assert_int_equal(w.sent[FRAME_WELCOME], 2);
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 1);
    receive_ping(1);
    assert_int_equal(w.sent[FRAME_WHO], 1); /* no longer connected */
}

static void a_second_ready_starts_over(void **state)
{
    (void)state;
    receive_ready_as(3, "llm-worker", "one", 1, 0, 2);
    offer(10);
    offer(11);
    send_request(SERVICE_LLM_WORKER, 5000);
    receive(3, FRAME_ACCEPT, 0, (struct str){0});
    receive_ready_as(3, "llm-worker", "one", 1, 0, 2);
    assert_int_equal(w.sent[FRAME_CANCEL], 1);
    assert_int_equal(w.sent[FRAME_REQUEST], 1); /* offer 11 is void */
    offer(12);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
    assert_int_equal(w.request.sequence, 12);
}

static void frames_of_another_epoch_change_nothing(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    metric_set(METRIC_BUS_OLD_EPOCH, 0);
    receive_frame(1, (struct frame){.type = FRAME_FINAL,
                                    .epoch = EPOCH + 1,
                                    .id = w.request.id,
                                    .attempt = w.request.attempt});
    assert_int_equal(w.finals, 0);
    assert_int_equal(metric_value(METRIC_BUS_OLD_EPOCH), 1);
    assert_int_equal(w.sent[FRAME_WHO], 1);
}

static void a_frame_of_a_newer_version_is_dropped(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    receive_frame(1, (struct frame){.version = 2,
                                    .type = FRAME_FINAL,
                                    .epoch = EPOCH,
                                    .id = w.request.id,
                                    .attempt = w.request.attempt});
    assert_int_equal(w.finals, 0);
}

static void an_unknown_frame_is_ignored(void **state)
{
    (void)state;
    store_ready(1);
    receive(1, 99, 0, STR("\x90"));
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 1);
    assert_int_equal(w.sent[FRAME_WHO], 0);
}

static void a_revoked_key_is_cut_at_once(void **state)
{
    (void)state;
    struct allow allow = {.count = 1, .entry = {{SERVICE_STORE, "another key"}}};

    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    gateway_core_allow(w.core, w.now, &allow);
    act();
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 0);
    receive(1, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals, 0);
}

/* ---- heartbeats ---- */

static void a_silent_backend_gets_no_requests_and_then_ends(void **state)
{
    (void)state;
    store_ready(1);
    wait_ms(2 * BEAT);
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 1);
    wait_ms(BEAT + 100);
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 0);
    send_request(SERVICE_STORE, 60000);
    assert_int_equal(w.sent[FRAME_REQUEST], 0);
    wait_ms(2 * BEAT);
    receive_ping(1);
    assert_int_equal(w.sent[FRAME_WHO], 1); /* forgotten */
}

static void a_backend_with_attempts_is_probed(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    receive(1, FRAME_ACCEPT, 0, (struct str){0});
    wait_ms(1000);
    assert_in_range(w.sent[FRAME_PONG], 3, 4);
}

static void a_peer_that_cannot_be_sent_to_is_gone(void **state)
{
    (void)state;
    store_ready(1);
    store_ready(2);
    send_request(SERVICE_STORE, 5000);
    uint64_t first = w.to;
    gateway_core_send_failed(w.core, w.now, first);
    act();
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
    assert_int_equal(w.to, 3 - first);
    assert_int_equal(w.request.attempt, 2);
    assert_int_equal(w.sent[FRAME_CANCEL], 0); /* it is not connected */
}

static void a_backend_that_does_not_accept_in_time_is_passed_over(void **state)
{
    (void)state;
    store_ready(1);
    store_ready(2);
    send_request(SERVICE_STORE, 5000);
    uint64_t first = w.to;
    wait_ms(350);
    assert_int_equal(w.sent[FRAME_CANCEL], 1);
    assert_int_equal(w.to, 3 - first);
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 1);
    receive_ping((unsigned)first);
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 2);
}

/* The replies were in the socket while this process did not run. */
static void after_a_stall_nothing_is_judged_late(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 60000);
    w.now += 4000;
    receive(1, FRAME_ACCEPT, 0, (struct str){0});
    wait_alive(200, 1);
    receive(1, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals, 1);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
}

static void a_loop_that_is_always_slow_still_checks_the_time(void **state)
{
    (void)state;
    send_request(SERVICE_STORE, 1000);
    for (unsigned i = 0; i < 4; i++) {
        w.now += 500;
        gateway_core_tick(w.core, w.now);
    }
    act();
    assert_int_equal(w.errors, 1);
}

static void a_backend_that_said_bye_is_gone_at_once(void **state)
{
    (void)state;
    store_ready(1);
    receive(1, FRAME_BYE, 0, STR(""));
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 0);
}

static void a_draining_backend_gets_no_requests_and_may_finish(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    struct frame first = w.request;
    receive(1, FRAME_DRAIN, 0, (struct str){0});
    send_request(SERVICE_STORE, 5000);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    w.request = first;
    receive(1, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals, 1);
}

static void a_service_that_stays_unavailable_is_reported_down(void **state)
{
    (void)state;
    uint64_t id;

    send_request(SERVICE_STORE, 60000); /* may come any moment */
    wait_ms(5100);
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.last.err, ERR_STORE_DOWN);
    assert_true(w.last.retryable);
    assert_int_equal(
        gateway_core_send(w.core, w.now, SERVICE_STORE, STR("body"), 1000, STR(""), &id),
        ERR_STORE_DOWN);
}

/* No backend can reconnect while this process does not run. */
static void after_a_stall_it_waits_for_the_backends(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 60000);
    w.now += 20000;
    gateway_core_tick(w.core, w.now);
    act();
    assert_int_equal(gateway_core_instances(w.core, w.now, SERVICE_STORE), 0);
    assert_int_equal(w.errors, 0);
    store_ready(2);
    wait_ms(2 * GATEWAY_TICK_MS);
    assert_int_equal(w.to, 2);
    receive(2, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals, 1);
}

static void a_request_waits_for_a_service_that_comes_back(void **state)
{
    (void)state;
    send_request(SERVICE_STORE, 60000);
    wait_ms(4000);
    store_ready(1);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
}

/* ---- replies ---- */

static void a_request_carries_its_ttl_and_trace(void **state)
{
    (void)state;
    send_request(SERVICE_STORE, 5000);
    wait_ms(1000);
    store_ready(1);
    assert_int_equal(w.request.ttl_ms, 4000);
    assert_int_equal(w.request.attempt, 1);
}

static void a_request_ends_with_its_ttl(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 600);
    receive(1, FRAME_ACCEPT, 0, (struct str){0});
    wait_ms(600 + 2 * GATEWAY_TICK_MS);
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.last.err, ERR_TIMEOUT);
    assert_int_equal(w.sent[FRAME_CANCEL], 1);
    receive(1, FRAME_FINAL, 0, STR("late"));
    assert_int_equal(w.finals, 0);
}

static void a_cancelled_request_is_cancelled_there_and_gets_no_reply(void **state)
{
    (void)state;
    store_ready(1);
    uint64_t id = send_request(SERVICE_STORE, 5000);
    gateway_core_cancel(w.core, w.now, id);
    act();
    assert_int_equal(w.sent[FRAME_CANCEL], 1);
    receive(1, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals + w.errors, 0);
    assert_int_equal(gateway_core_open_requests(w.core), 0);
}

static void a_cancel_is_repeated_until_it_is_confirmed(void **state)
{
    (void)state;
    store_ready(1);
    gateway_core_cancel(w.core, w.now, send_request(SERVICE_STORE, 5000));
    wait_alive(3000, 1);
    assert_in_range(w.sent[FRAME_CANCEL], 3, 4);
    unsigned before = w.sent[FRAME_CANCEL];
    receive(1, FRAME_CANCELLED, 0, (struct str){0});
    wait_alive(3000, 1);
    assert_int_equal(w.sent[FRAME_CANCEL], before);
}

/* The window of the store is 2. */
static void a_cancelled_request_keeps_its_capacity_until_it_has_stopped(void **state)
{
    (void)state;
    store_ready(1);
    gateway_core_cancel(w.core, w.now, send_request(SERVICE_STORE, 5000));
    struct frame dropped = w.request;
    send_request(SERVICE_STORE, 5000);
    uint64_t third = send_request(SERVICE_STORE, 5000);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
    assert_int_equal(gateway_core_queue_position(w.core, w.now, third), 1);
    w.request = dropped;
    receive(1, FRAME_CANCELLED, 0, (struct str){0});
    assert_int_equal(w.sent[FRAME_REQUEST], 3);
    assert_int_equal(gateway_core_queue_position(w.core, w.now, third), 0);
}

static void a_backend_that_gives_up_by_itself_is_replaced(void **state)
{
    (void)state;
    store_ready(1);
    store_ready(2);
    send_request(SERVICE_STORE, 5000);
    unsigned first = (unsigned)w.to;
    receive(first, FRAME_CANCELLED, 0, (struct str){0});
    assert_int_equal(w.errors, 0);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
    assert_int_equal(w.to, 3 - first);
}

static void a_reply_from_another_backend_is_dropped(void **state)
{
    (void)state;
    store_ready(1);
    store_ready(2);
    send_request(SERVICE_STORE, 5000);
    receive(3 - (unsigned)w.to, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals, 0);
    receive((unsigned)w.to, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals, 1);
}

static void a_reply_that_comes_twice_counts_once(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    receive(1, FRAME_FINAL, 0, STR("x"));
    receive(1, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals, 1);
}

static void a_chunk_that_comes_twice_counts_once(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    receive(1, FRAME_CHUNK, 1, STR("a"));
    receive(1, FRAME_CHUNK, 1, STR("a"));
    receive(1, FRAME_CHUNK, 2, STR("b"));
    receive(1, FRAME_FINAL, 2, STR("x"));
    assert_int_equal(w.chunks, 2);
    assert_int_equal(w.finals, 1);
}

static void a_missing_chunk_breaks_the_reply(void **state)
{
    (void)state;
    store_ready(1);
    store_ready(2);
    send_request(SERVICE_STORE, 5000);
    receive((unsigned)w.to, FRAME_CHUNK, 1, STR("a"));
    receive((unsigned)w.to, FRAME_CHUNK, 3, STR("c"));
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.last.err, ERR_INTERRUPTED);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    assert_int_equal(w.sent[FRAME_CANCEL], 1);
}

static void an_end_that_counts_more_chunks_breaks_the_reply(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    receive(1, FRAME_CHUNK, 1, STR("a"));
    receive(1, FRAME_FINAL, 2, STR("x"));
    assert_int_equal(w.finals, 0);
    assert_int_equal(w.last.err, ERR_INTERRUPTED);
}

static void credit_is_given_for_what_was_consumed(void **state)
{
    (void)state;
    static char chunk[20000];
    struct str  body = {chunk, sizeof chunk};

    store_ready(1);
    uint64_t id = send_request(SERVICE_STORE, 5000);
    receive(1, FRAME_CHUNK, 1, body);
    receive(1, FRAME_CHUNK, 2, body);
    gateway_core_credit(w.core, w.now, id, 10000);
    act();
    assert_int_equal(w.sent[FRAME_CREDIT], 0); /* not worth a frame yet */
    gateway_core_credit(w.core, w.now, id, 10000);
    act();
    assert_int_equal(w.sent[FRAME_CREDIT], 1);
    assert_int_equal(w.credit, 20000);
}

static void a_backend_that_exceeds_its_credit_is_cut_off(void **state)
{
    (void)state;
    static char chunk[40000];
    struct str  body = {chunk, sizeof chunk};

    store_ready(1);
    send_request(SERVICE_STORE, 5000);
    receive(1, FRAME_CHUNK, 1, body);
    receive(1, FRAME_CHUNK, 2, body); /* the last chunk may exceed it */
    assert_int_equal(w.chunks, 2);
    receive(1, FRAME_CHUNK, 3, body);
    assert_int_equal(w.chunks, 2);
    assert_int_equal(w.errors, 1);
}

/* ---- retries ---- */

static void three_failures_are_enough(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 60000);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(w.request.attempt, i);
        receive_error(1, true, 0);
    }
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.last.err, ERR_UPSTREAM_RATE_LIMITED);
    assert_int_equal(w.sent[FRAME_REQUEST], 3);
}

static void a_retry_goes_to_another_instance(void **state)
{
    (void)state;
    store_ready(1);
    store_ready(2);
    for (unsigned i = 0; i < 20; i++) {
        send_request(SERVICE_STORE, 60000);
        uint64_t first = w.to;
        receive_error((unsigned)first, true, 0);
        assert_int_equal(w.to, 3 - first);
        receive((unsigned)w.to, FRAME_FINAL, 0, STR("x"));
    }
}

static void what_is_not_retryable_ends(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 60000);
    receive_error(1, false, 0);
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    assert_false(w.last.retryable);
}

static void a_retry_waits_for_retry_after(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 60000);
    receive_error(1, true, 2000);
    wait_alive(1900, 1);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    wait_alive(200, 1);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
}

static void a_retry_that_would_come_too_late_fails_now(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 2000);
    receive_error(1, true, 2000);
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.last.retry_after_ms, 2000); /* for the user, who may retry */
}

static void an_endless_backoff_is_not_started(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 2000);
    receive_error(1, true, UINT64_MAX);
    assert_int_equal(w.errors, 1);
}

static void worker_asked(uint64_t ttl_ms)
{
    receive_ready_as(3, "llm-worker", "one", 1, 0, 2);
    offer(10);
    offer(11);
    w.request_id = send_request(SERVICE_LLM_WORKER, ttl_ms);
}

static void worker_limited(uint64_t ttl_ms, uint64_t retry_after_ms)
{
    worker_asked(ttl_ms);
    receive_error(3, true, retry_after_ms);
}

static void a_long_backoff_is_waited_out(void **state)
{
    (void)state;
    worker_limited(180000, 90000);
    assert_int_equal(gateway_core_retry_in_ms(w.core, w.now, w.request_id), 90000);
    wait_alive(89000, 3);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    assert_in_range(gateway_core_retry_in_ms(w.core, w.now, w.request_id), 1, 1000);
    wait_alive(1100, 3);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
    assert_int_equal(gateway_core_retry_in_ms(w.core, w.now, w.request_id), 0);
    receive(3, FRAME_FINAL, 0, STR("x"));
    assert_int_equal(w.finals, 1);
}

static void a_backoff_that_leaves_no_time_for_a_reply_is_not_started(void **state)
{
    (void)state;
    uint64_t least = services_info(SERVICE_LLM_WORKER)->reply_ms;

    worker_limited(60000, 60000 - least + 1);
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.last.retry_after_ms, 60000 - least + 1);
}

static void a_backoff_that_leaves_just_enough_is_started(void **state)
{
    (void)state;
    worker_limited(60000, 60000 - services_info(SERVICE_LLM_WORKER)->reply_ms);
    assert_int_equal(w.errors, 0);
}

static void a_request_that_backs_off_can_be_cancelled(void **state)
{
    (void)state;
    worker_limited(180000, 90000);
    gateway_core_cancel(w.core, w.now, w.request_id);
    act();
    assert_int_equal(gateway_core_open_requests(w.core), 0);
    assert_int_equal(gateway_core_retry_in_ms(w.core, w.now, w.request_id), 0);
    wait_alive(91000, 3);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
}

static void a_local_error_is_retried_elsewhere_at_once(void **state)
{
    (void)state;
    store_ready(1);
    store_ready(2);
    send_request(SERVICE_STORE, 60000);
    uint64_t first = w.to;
    receive_not_here((unsigned)first, 8000);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
    assert_int_equal(w.to, 3 - first);
    receive_not_here((unsigned)w.to, 8000); /* and now there is no other */
    wait_alive(7900, 2);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
    wait_alive(200, 2);
    assert_int_equal(w.sent[FRAME_REQUEST], 3);
}

static void a_worker_without_an_offer_cannot_replace_it(void **state)
{
    (void)state;
    w.from[2].service = SERVICE_LLM_WORKER;
    receive_ready_as(2, "llm-worker", "two", 1, 0, 1);
    worker_asked(60000);
    receive_not_here(3, 8000); /* its other offer would not help */
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    assert_int_equal(gateway_core_retry_in_ms(w.core, w.now, w.request_id), 8000);
}

static void a_worker_with_an_offer_replaces_it(void **state)
{
    (void)state;
    w.from[2].service = SERVICE_LLM_WORKER;
    receive_ready_as(2, "llm-worker", "two", 1, 0, 1);
    worker_asked(60000);
    offer_of(2, 5);
    receive_not_here(3, 8000);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
    assert_int_equal(w.to, 2);
}

static void after_a_chunk_there_is_no_retry(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 60000);
    receive(1, FRAME_CHUNK, 1, STR("a"));
    receive_error(1, true, 0);
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.last.err, ERR_UPSTREAM_RATE_LIMITED);
}

/* A second reply would follow the first chunk of this one. */
static void busy_after_a_chunk_breaks_the_reply(void **state)
{
    (void)state;
    receive_ready_as(3, "llm-worker", "one", 1, 0, 2);
    offer(10);
    offer(11);
    send_request(SERVICE_LLM_WORKER, 5000);
    receive(3, FRAME_CHUNK, 1, STR("a"));
    receive(3, FRAME_BUSY, 0, (struct str){0});
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    assert_int_equal(w.errors, 1);
    assert_int_equal(w.last.err, ERR_INTERRUPTED);
}

static void busy_is_not_a_failure(void **state)
{
    (void)state;
    store_ready(1);
    send_request(SERVICE_STORE, 60000);
    for (unsigned i = 0; i < 10; i++) {
        receive(1, FRAME_BUSY, 0, (struct str){0});
        assert_int_equal(w.sent[FRAME_REQUEST], i + 1);
        wait_alive(200, 1);
        assert_int_equal(w.sent[FRAME_REQUEST], i + 2);
    }
    assert_int_equal(w.errors, 0);
}

static void a_service_that_always_fails_is_not_overwhelmed(void **state)
{
    (void)state;
    store_ready(1);
    for (unsigned i = 0; i < 1000; i++) {
        send_request(SERVICE_STORE, 60000);
        for (unsigned errors = w.errors; errors == w.errors;)
            receive_error(1, true, 0);
    }
    /* 1000 first attempts, 100 saved retries and a tenth of them earned. */
    assert_in_range(w.sent[FRAME_REQUEST], 1190, 1200);
}

/* ---- queue, offers ---- */

static void a_full_queue_is_reported_at_once(void **state)
{
    (void)state;
    uint64_t id;

    store_ready(1);
    for (unsigned i = 0; i < 5; i++)
        send_request(SERVICE_STORE, 5000); /* two at work, three in the queue */
    assert_int_equal(gateway_core_would_accept(w.core, w.now, SERVICE_STORE, 5000), ERR_OVERLOADED);
    assert_int_equal(
        gateway_core_send(w.core, w.now, SERVICE_STORE, STR("body"), 5000, STR(""), &id),
        ERR_OVERLOADED);
    assert_int_equal(gateway_core_would_accept(w.core, w.now, SERVICE_FILTER, 5000), ERR_OK);
}

static void an_offer_is_good_for_one_request(void **state)
{
    (void)state;
    receive_ready_as(3, "llm-worker", "one", 1, 0, 1);
    offer(10);
    send_request(SERVICE_LLM_WORKER, 5000);
    send_request(SERVICE_LLM_WORKER, 5000);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    assert_int_equal(w.request.sequence, 10);
    offer(10); /* it came twice */
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
    offer(11);
    assert_int_equal(w.sent[FRAME_REQUEST], 2);
}

static void more_offers_than_slots_are_not_kept(void **state)
{
    (void)state;
    receive_ready_as(3, "llm-worker", "one", 1, 0, 1);
    offer(10);
    offer(11);
    send_request(SERVICE_LLM_WORKER, 5000);
    send_request(SERVICE_LLM_WORKER, 5000);
    assert_int_equal(w.sent[FRAME_REQUEST], 1);
}

static void a_queue_is_announced_to_the_workers(void **state)
{
    (void)state;
    receive_ready_as(3, "llm-worker", "one", 1, 0, 1);
    send_request(SERVICE_LLM_WORKER, 5000);
    assert_int_equal(w.sent[FRAME_DEMAND], 1);
    send_request(SERVICE_LLM_WORKER, 5000);
    send_request(SERVICE_LLM_WORKER, 5000);
    assert_int_equal(w.sent[FRAME_DEMAND], 1);
    wait_ms(100); /* it has grown: announced once, not with every request */
    assert_int_equal(w.sent[FRAME_DEMAND], 2);
}

static void an_idle_offer_is_released(void **state)
{
    (void)state;
    receive_ready_as(3, "llm-worker", "one", 1, 0, 1);
    offer(10);
    revoke(10);
    assert_int_equal(w.sent[FRAME_RELEASE], 1);
    send_request(SERVICE_LLM_WORKER, 5000);
    assert_int_equal(w.sent[FRAME_REQUEST], 0);
}

static void an_offer_in_use_is_not_released(void **state)
{
    (void)state;
    receive_ready_as(3, "llm-worker", "one", 1, 0, 1);
    offer(10);
    send_request(SERVICE_LLM_WORKER, 5000);
    revoke(10);
    assert_int_equal(w.sent[FRAME_RELEASE], 0);
}

static void a_turn_is_cancelled_at_every_worker(void **state)
{
    (void)state;
    store_ready(1);
    receive_ready_as(3, "llm-worker", "one", 1, 0, 1);
    gateway_core_cancel_turn(w.core, w.now, STR("turn"));
    act();
    assert_int_equal(w.sent[FRAME_CANCEL], 1);
    assert_int_equal(w.other.id, 0);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_hello_and_an_unknown_connection_get_who),
        PROMISE(ready_gets_welcome),
        PROMISE(an_unsuitable_ready_is_refused),
        PROMISE(the_newer_start_of_an_instance_wins),
        PROMISE(a_second_ready_starts_over),
        PROMISE(frames_of_another_epoch_change_nothing),
        PROMISE(a_frame_of_a_newer_version_is_dropped),
        PROMISE(an_unknown_frame_is_ignored),
        PROMISE(a_revoked_key_is_cut_at_once),
        PROMISE(a_silent_backend_gets_no_requests_and_then_ends),
        PROMISE(a_backend_with_attempts_is_probed),
        PROMISE(a_peer_that_cannot_be_sent_to_is_gone),
        PROMISE(a_backend_that_does_not_accept_in_time_is_passed_over),
        PROMISE(after_a_stall_nothing_is_judged_late),
        PROMISE(a_loop_that_is_always_slow_still_checks_the_time),
        PROMISE(a_draining_backend_gets_no_requests_and_may_finish),
        PROMISE(a_backend_that_said_bye_is_gone_at_once),
        PROMISE(a_service_that_stays_unavailable_is_reported_down),
        PROMISE(after_a_stall_it_waits_for_the_backends),
        PROMISE(a_request_waits_for_a_service_that_comes_back),
        PROMISE(a_request_carries_its_ttl_and_trace),
        PROMISE(a_request_ends_with_its_ttl),
        PROMISE(a_cancelled_request_is_cancelled_there_and_gets_no_reply),
        PROMISE(a_cancel_is_repeated_until_it_is_confirmed),
        PROMISE(a_cancelled_request_keeps_its_capacity_until_it_has_stopped),
        PROMISE(a_backend_that_gives_up_by_itself_is_replaced),
        PROMISE(a_reply_from_another_backend_is_dropped),
        PROMISE(a_reply_that_comes_twice_counts_once),
        PROMISE(a_chunk_that_comes_twice_counts_once),
        PROMISE(a_missing_chunk_breaks_the_reply),
        PROMISE(an_end_that_counts_more_chunks_breaks_the_reply),
        PROMISE(credit_is_given_for_what_was_consumed),
        PROMISE(a_backend_that_exceeds_its_credit_is_cut_off),
        PROMISE(three_failures_are_enough),
        PROMISE(a_retry_goes_to_another_instance),
        PROMISE(what_is_not_retryable_ends),
        PROMISE(a_retry_waits_for_retry_after),
        PROMISE(a_retry_that_would_come_too_late_fails_now),
        PROMISE(an_endless_backoff_is_not_started),
        PROMISE(a_long_backoff_is_waited_out),
        PROMISE(a_backoff_that_leaves_no_time_for_a_reply_is_not_started),
        PROMISE(a_backoff_that_leaves_just_enough_is_started),
        PROMISE(a_request_that_backs_off_can_be_cancelled),
        PROMISE(a_local_error_is_retried_elsewhere_at_once),
        PROMISE(a_worker_without_an_offer_cannot_replace_it),
        PROMISE(a_worker_with_an_offer_replaces_it),
        PROMISE(after_a_chunk_there_is_no_retry),
        PROMISE(busy_after_a_chunk_breaks_the_reply),
        PROMISE(busy_is_not_a_failure),
        PROMISE(a_service_that_always_fails_is_not_overwhelmed),
        PROMISE(a_full_queue_is_reported_at_once),
        PROMISE(an_offer_is_good_for_one_request),
        PROMISE(more_offers_than_slots_are_not_kept),
        PROMISE(a_queue_is_announced_to_the_workers),
        PROMISE(an_idle_offer_is_released),
        PROMISE(an_offer_in_use_is_not_released),
        PROMISE(a_turn_is_cancelled_at_every_worker),
    };
    log_open("test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
