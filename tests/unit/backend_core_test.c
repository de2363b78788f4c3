/* What backend_core promises, one promise at a time; bus_sim_test combines them. */
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "bus/backend/backend_core.h"
#include "test.h"

#define EPOCH 77
#define BEAT  1000

/* A backend, the last frames it sent and what it delivered. */
static struct world {
    struct backend_core *core;
    uint64_t             now;
    unsigned             sent[FRAME_FINAL + 1]; /* by type */
    struct frame         last;                  /* sent; the head only */
    uint64_t             to, ready_to;
    uint64_t             offer, offered_to; /* the last one */
    uint64_t             offers[8];         /* all, in order */
    unsigned             requests, cancels, credits, turns, drained;
    uint64_t             handle; /* of the last request */
} w;

/* ---- the world ---- */

static void open_core(unsigned window, unsigned slots)
{
    struct backend_core_options o = {.service = slots ? SERVICE_LLM_WORKER : SERVICE_STORE,
                                     .instance = "me",
                                     .boot = 1,
                                     .seed = 1,
                                     .window = window,
                                     .slots = slots};
    w = (struct world){.now = 1000000};
    w.core = backend_core_new(&o, w.now);
    backend_core_link(w.core, w.now, 1);
    backend_core_link(w.core, w.now, 2);
}

static int open_store(void **state)
{
    (void)state;
    open_core(2, 0);
    return 0;
}

static int open_worker(void **state)
{
    (void)state;
    open_core(0, 2);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    backend_core_free(&w.core);
    return 0;
}

static void note_sent(const struct action *a)
{
    struct frame f;
    struct offer offer;

    assert_int_equal(frame_decode(&f, buf_view(&a->bytes)), ERR_OK);
    if (f.type == FRAME_OFFER && offer_decode(&offer, f.body) == ERR_OK) {
        w.offers[w.sent[FRAME_OFFER] % COUNT_OF(w.offers)] = w.offer = offer.offer;
        w.offered_to = a->to;
    }
    if (f.type == FRAME_READY)
        w.ready_to = a->to;
    w.sent[f.type]++;
    f.body = f.trace = (struct str){0};
    w.last = f;
    w.to = a->to;
}

static void act(void)
{
    struct action a;

    while (backend_core_next(w.core, &a)) {
        if (a.kind == ACTION_SEND)
            note_sent(&a);
        if (a.kind == ACTION_REQUEST)
            w.handle = a.id;
        w.requests += a.kind == ACTION_REQUEST;
        w.cancels += a.kind == ACTION_CANCEL;
        w.credits += a.kind == ACTION_CREDIT;
        w.turns += a.kind == ACTION_CANCEL_TURN;
        w.drained += a.kind == ACTION_DRAINED;
        outbox_fini_action(&a);
    }
}

static void receive_frame(uint64_t link, struct frame f)
{
    struct buf bytes = {0};

    f.version = PROTOCOL_VERSION;
    f.epoch = f.epoch ? f.epoch : EPOCH + link;
    frame_encode(&f, &bytes);
    backend_core_frame(w.core, w.now, link, buf_view(&bytes));
    act();
    buf_fini(&bytes);
}

static void receive_who(uint64_t link)
{
    receive_frame(link, (struct frame){.type = FRAME_WHO});
}

static void receive_welcome(uint64_t link)
{
    struct buf body = {0};

    welcome_encode(&(struct welcome){.heartbeat_ms = BEAT, .protocol = 1}, &body);
    receive_frame(link, (struct frame){.type = FRAME_WELCOME, .body = buf_view(&body)});
    buf_fini(&body);
}

static void get_in(uint64_t link)
{
    receive_who(link);
    receive_welcome(link);
    assert_true(backend_core_is_up(w.core, link));
}

static void receive_pong(uint64_t link, uint64_t queued, uint64_t oldest_ms)
{
    struct buf body = {0};

    pong_encode(&(struct pong){.queued = queued, .oldest_ms = oldest_ms}, &body);
    receive_frame(link, (struct frame){.type = FRAME_PONG, .body = buf_view(&body)});
    buf_fini(&body);
}

static void receive_release(uint64_t link, uint64_t offer)
{
    struct buf body = {0};

    release_encode(&(struct release){.offer = offer}, &body);
    receive_frame(link, (struct frame){.type = FRAME_RELEASE, .body = buf_view(&body)});
    buf_fini(&body);
}

static void request_as(uint64_t link, struct frame f)
{
    struct buf stop = {0}, test = {0};

    turn_stop_request_encode(&(struct turn_stop_request){0}, &stop);
    key_test_request_encode(&(struct key_test_request){0}, &test);
    f.type = FRAME_REQUEST;
    f.body = buf_view(f.sequence ? &test : &stop);
    receive_frame(link, f);
    buf_fini(&stop);
    buf_fini(&test);
}

static void request(uint64_t link, uint64_t id, uint64_t offer)
{
    request_as(link, (struct frame){.id = id, .attempt = 1, .sequence = offer, .ttl_ms = 60000});
}

static void receive_cancel(uint64_t link, uint64_t id, const char *turn)
{
    struct buf body = {0};

    cancel_encode(&(struct cancel){.turn_id = str_of(turn)}, &body);
    receive_frame(link, (struct frame){
                            .type = FRAME_CANCEL, .id = id, .attempt = 1, .body = buf_view(&body)});
    buf_fini(&body);
}

static void receive_credit(uint64_t link, uint64_t id, uint64_t bytes)
{
    struct buf body = {0};

    credit_encode(&(struct credit){.bytes = bytes}, &body);
    receive_frame(link, (struct frame){
                            .type = FRAME_CREDIT, .id = id, .attempt = 1, .body = buf_view(&body)});
    buf_fini(&body);
}

static void final(void)
{
    backend_core_final(w.core, w.now, w.handle, STR("done"));
    act();
}

static void wait_ms(uint64_t ms)
{
    for (uint64_t end = w.now + ms; w.now < end;) {
        w.now += 10;
        backend_core_tick(w.core, w.now);
        act();
    }
}

/* While the gateway of this link sends PONGs. */
static void wait_alive(uint64_t ms, uint64_t link)
{
    for (uint64_t end = w.now + ms; w.now < end;) {
        wait_ms(100);
        receive_pong(link, 0, 0);
    }
}

/* ---- links ---- */

static void ready_is_sent_only_in_reply_to_who(void **state)
{
    (void)state;
    wait_ms(3000);
    assert_int_equal(w.sent[FRAME_READY], 0);
    assert_in_range(w.sent[FRAME_PING], 4, 6); /* one a second on both links */
    assert_int_equal(w.last.epoch, 0);
    receive_who(1);
    assert_int_equal(w.sent[FRAME_READY], 1);
    assert_int_equal(w.ready_to, 1);
    receive_welcome(1);
    assert_int_equal(backend_core_gateways(w.core), 1);
}

/* One gateway, reached by its IPv4 and its IPv6 address. */
static void of_two_links_to_one_gateway_one_is_used(void **state)
{
    (void)state;
    get_in(1);
    receive_frame(2, (struct frame){.type = FRAME_WHO, .epoch = EPOCH + 1});
    assert_int_equal(w.sent[FRAME_READY], 1);
    backend_core_send_failed(w.core, 1);
    receive_frame(2, (struct frame){.type = FRAME_WHO, .epoch = EPOCH + 1});
    assert_int_equal(w.sent[FRAME_READY], 2); /* the other one takes over */
    assert_int_equal(w.ready_to, 2);
}

static void an_unsolicited_welcome_is_dropped(void **state)
{
    (void)state;
    receive_welcome(1);
    assert_int_equal(backend_core_gateways(w.core), 0);
}

static void the_heartbeat_is_kept_and_quickens_with_work(void **state)
{
    (void)state;
    get_in(1);
    backend_core_unlink(w.core, 2);
    wait_alive(3000, 1);
    assert_in_range(w.sent[FRAME_PING], 2, 3);
    request(1, 5, 0);
    unsigned before = w.sent[FRAME_PING];
    wait_alive(1000, 1);
    assert_in_range(w.sent[FRAME_PING] - before, 3, 4);
}

static void a_silent_gateway_loses_its_requests(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, 0);
    wait_ms(4500);
    assert_int_equal(w.cancels, 0);
    wait_ms(700);
    assert_int_equal(w.cancels, 1);
    assert_false(backend_core_is_up(w.core, 1));
    unsigned finals = w.sent[FRAME_FINAL] + w.sent[FRAME_CANCELLED];
    final();
    assert_int_equal(w.sent[FRAME_FINAL] + w.sent[FRAME_CANCELLED],
                     finals); /* its end is not sent */
}

static void a_gateway_that_cannot_be_sent_to_loses_its_requests(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, 0);
    backend_core_send_failed(w.core, 1);
    act();
    assert_int_equal(w.cancels, 1);
}

static void a_second_who_starts_over(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, 0);
    receive_who(1);
    assert_int_equal(w.cancels, 1);
    assert_int_equal(w.sent[FRAME_READY], 2);
}

static void after_a_long_stall_old_requests_are_not_begun(void **state)
{
    (void)state;
    get_in(1);
    w.now += 5 * BEAT + 100; /* this process did not run */
    request(1, 5, 0);
    assert_int_equal(w.requests, 0);
    assert_int_equal(w.sent[FRAME_ACCEPT], 0);
}

/* The gateway judges by the last PING, whatever it has sent since. */
static void a_link_without_ping_for_long_is_reset(void **state)
{
    (void)state;
    get_in(1);
    wait_ms(BEAT - 100);
    receive_pong(1, 0, 0);
    w.now += 4 * BEAT + 150;
    request(1, 5, 0);
    assert_int_equal(w.requests, 0);
    assert_false(backend_core_is_up(w.core, 1));
}

static void frames_of_another_epoch_are_dropped(void **state)
{
    (void)state;
    get_in(1);
    request_as(1, (struct frame){.id = 5, .attempt = 1, .ttl_ms = 1000, .epoch = EPOCH});
    assert_int_equal(w.requests, 0);
}

/* ---- requests ---- */

static void a_request_is_accepted_and_gets_its_reply(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, 0);
    assert_int_equal(w.sent[FRAME_ACCEPT], 1);
    assert_int_equal(w.requests, 1);
    final();
    assert_int_equal(w.last.type, FRAME_FINAL);
    assert_int_equal(w.last.id, 5);
    assert_int_equal(w.last.attempt, 1);
    assert_int_equal(w.last.epoch, EPOCH + 1);
    assert_false(backend_core_is_open(w.core, w.handle));
}

static void a_request_that_comes_twice_is_begun_once(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, 0);
    request(1, 5, 0);
    final();
    request(1, 5, 0);
    assert_int_equal(w.requests, 1);
    assert_int_equal(w.sent[FRAME_BUSY], 0);
}

static void a_full_window_is_busy(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    request(1, 5, 0);
    request(1, 6, 0);
    request(1, 7, 0);
    assert_int_equal(w.sent[FRAME_BUSY], 1);
    assert_int_equal(w.last.id, 7);
    request(2, 5, 0); /* every gateway has its own window */
    assert_int_equal(w.requests, 3);
}

static void a_message_of_another_service_is_dropped(void **state)
{
    (void)state;
    struct buf body = {0};

    get_in(1);
    key_test_request_encode(&(struct key_test_request){0}, &body);
    receive_frame(
        1,
        (struct frame){
            .type = FRAME_REQUEST, .id = 5, .attempt = 1, .ttl_ms = 1000, .body = buf_view(&body)});
    buf_fini(&body);
    assert_int_equal(w.requests, 0);
}

static void a_cancelled_request_ends_as_cancelled(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, 0);
    receive_cancel(1, 5, "");
    receive_cancel(1, 5, "");
    assert_int_equal(w.cancels, 1);
    assert_int_equal(w.sent[FRAME_CANCELLED], 0); /* not before it has stopped */
    backend_core_chunk(w.core, w.handle, STR("late"));
    final();
    assert_int_equal(w.sent[FRAME_CHUNK], 0);
    assert_int_equal(w.sent[FRAME_CANCELLED], 1);
    assert_int_equal(w.sent[FRAME_FINAL], 0);
}

static void a_cancel_of_an_unknown_request_is_confirmed(void **state)
{
    (void)state;
    get_in(1);
    receive_cancel(1, 99, "");
    assert_int_equal(w.sent[FRAME_CANCELLED], 1);
    assert_int_equal(w.last.id, 99);
}

static void a_turn_is_cancelled_by_its_name(void **state)
{
    (void)state;
    get_in(1);
    receive_cancel(1, 0, "turn");
    assert_int_equal(w.turns, 1);
}

static void a_request_is_cancelled_when_its_time_is_over(void **state)
{
    (void)state;
    get_in(1);
    request_as(1, (struct frame){.id = 5, .attempt = 1, .ttl_ms = 500});
    wait_ms(600);
    assert_int_equal(w.cancels, 1);
}

static void chunks_are_numbered_and_the_end_carries_their_count(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, 0);
    backend_core_chunk(w.core, w.handle, STR("a"));
    backend_core_chunk(w.core, w.handle, STR("b"));
    act();
    assert_int_equal(w.last.sequence, 2);
    final();
    assert_int_equal(w.last.sequence, 2);
}

static void credit_is_spent_and_granted(void **state)
{
    (void)state;
    static char chunk[40000];
    struct str  body = {chunk, sizeof chunk};

    get_in(1);
    request(1, 5, 0);
    assert_int_equal(backend_core_credit(w.core, w.handle), 65536);
    backend_core_chunk(w.core, w.handle, body);
    assert_int_equal(backend_core_credit(w.core, w.handle), 25536);
    backend_core_chunk(w.core, w.handle, body); /* exceeds it */
    assert_int_equal(backend_core_credit(w.core, w.handle), 0);
    receive_credit(1, 5, 10000);
    assert_int_equal(w.credits, 0); /* still none */
    receive_credit(1, 5, 20000);
    assert_int_equal(w.credits, 1);
    assert_int_equal(backend_core_credit(w.core, w.handle), 5536);
    receive_credit(1, 5, 90000); /* more than was sent */
    assert_int_equal(backend_core_credit(w.core, w.handle), 5536);
}

/* ---- slots ---- */

static void free_slots_are_offered_in_turn(void **state)
{
    (void)state;
    receive_who(1);
    receive_who(2);
    receive_welcome(1);
    assert_int_equal(w.sent[FRAME_OFFER], 2); /* the only one there */
    assert_int_equal(w.offered_to, 1);
    receive_welcome(2);
    request(1, 5, w.offers[0]);
    request(1, 6, w.offers[1]);
    final();
    assert_int_equal(w.offered_to, 2);
    w.handle--;
    final();
    assert_int_equal(w.offered_to, 1);
}

static void a_slot_takes_one_request(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, w.offers[0]);
    request(1, 6, w.offers[0]);
    assert_int_equal(w.requests, 1);
    assert_int_equal(w.sent[FRAME_BUSY], 1);
}

/* More slots than a socket queues frames. */
static void a_gateway_gets_more_offers_as_it_uses_them(void **state)
{
    (void)state;
    struct backend_core_options o = {
        .service = SERVICE_LLM_WORKER, .instance = "me", .slots = 9, .offers = 4};

    backend_core_free(&w.core);
    w.core = backend_core_new(&o, w.now);
    backend_core_link(w.core, w.now, 1);
    backend_core_link(w.core, w.now, 2);
    get_in(1);
    assert_int_equal(w.sent[FRAME_OFFER], 4);
    receive_pong(1, 100, 50); /* however long the queue there is */
    assert_int_equal(w.sent[FRAME_OFFER], 4);
    request(1, 5, w.offers[0]);
    assert_int_equal(w.sent[FRAME_OFFER], 4);
    request(1, 6, w.offers[1]); /* half of them */
    assert_int_equal(w.sent[FRAME_OFFER], 6);
    get_in(2);
    assert_int_equal(w.sent[FRAME_OFFER], 9); /* what is left */
    assert_int_equal(w.offered_to, 2);
    receive_pong(1, 100,
                 50); /* it has offers it did not use yet: nothing is taken from the other */
    assert_int_equal(w.sent[FRAME_REVOKE], 0);
    request(1, 7, w.offers[2]);
    request(1, 8, w.offers[3]);
    assert_int_equal(w.requests, 4);
    assert_int_equal(w.sent[FRAME_REVOKE], 2);
}

static void an_offer_is_good_for_its_own_gateway_only(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    request(2, 5, w.offers[0]);
    assert_int_equal(w.requests, 0);
    assert_int_equal(w.sent[FRAME_BUSY], 1);
}

static void idle_offers_are_revoked_for_waiting_gateways(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    receive_pong(2, 1, 50);
    assert_int_equal(w.sent[FRAME_REVOKE], 1);
    assert_int_equal(w.to, 1);
    receive_release(1, w.offers[0]);
    assert_int_equal(w.offered_to, 2);
    request(2, 5, w.offer);
    assert_int_equal(w.requests, 1);
}

static void a_request_that_crossed_the_revoke_wins(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    receive_pong(2, 1, 50);
    request(1, 5, w.offers[0]);
    assert_int_equal(w.requests, 1);
    assert_int_equal(w.sent[FRAME_BUSY], 0);
}

static void a_free_slot_goes_to_the_longest_waiting_gateway(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    request(1, 5, w.offers[0]);
    request(1, 6, w.offers[1]);
    receive_pong(1, 1, 100);
    receive_pong(2, 1, 5000);
    final();
    assert_int_equal(w.offered_to, 2);
    w.handle--;
    final();
    assert_int_equal(w.offered_to, 1);
}

static void offers_end_with_their_link(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    backend_core_send_failed(w.core, 1);
    wait_ms(100);
    assert_int_equal(w.sent[FRAME_OFFER], 4);
    assert_int_equal(w.offered_to, 2);
    get_in(1);
    request(1, 5, w.offers[0]);
    assert_int_equal(w.requests, 0);
}

static void an_offer_that_was_lost_is_made_again(void **state)
{
    (void)state;
    get_in(1);
    wait_ms(1100);
    receive_pong(1, 1, 50); /* it has a queue and does not use its offers */
    assert_int_equal(w.sent[FRAME_OFFER], 4);
}

/* Regression: a gateway that could send but not receive kept the slots from all others. */
static void a_gateway_that_missed_an_offer_comes_after_others(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    request(1, 5, w.offers[0]);
    receive_pong(1, 3, 5000);
    wait_ms(1200);
    receive_pong(1, 3, 6000); /* it has not used the other one */
    assert_int_equal(w.sent[FRAME_OFFER], 3);
    assert_int_equal(w.offered_to, 1); /* no other gateway needs it */
    receive_pong(2, 1, 100);
    final();
    assert_int_equal(w.offered_to, 2);
    request(1, 6, w.offers[2]); /* so it does receive */
    receive_pong(2, 1, 100);
    final();
    assert_int_equal(w.offered_to, 1);
}

/* Regression: its offers stayed there until its link was dead. */
static void a_stalled_gateway_with_a_queue_keeps_no_offers(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    receive_pong(1, 5, 9000); /* its last frame */
    receive_pong(2, 2, 50);
    assert_int_equal(w.sent[FRAME_REVOKE], 0);
    wait_ms(1200);
    assert_int_equal(w.sent[FRAME_REVOKE], 2);
    wait_ms(1200);
    request(2, 5, w.offers[2]);
    request(2, 6, w.offers[3]);
    assert_int_equal(w.requests, 2);
}

static void a_gateway_that_missed_a_revoke_comes_after_others(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    receive_pong(2, 2, 50);
    assert_int_equal(w.sent[FRAME_REVOKE], 2);
    receive_pong(1, 1, 9000);
    wait_ms(1300);
    assert_int_equal(w.sent[FRAME_OFFER], 4);
    request(2, 5, w.offers[2]);
    request(2, 6, w.offers[3]);
    assert_int_equal(w.requests, 2);
}

static void a_release_that_was_lost_is_not_waited_for(void **state)
{
    (void)state;
    get_in(1);
    get_in(2);
    receive_pong(2, 1, 50);
    wait_alive(1300, 1);
    assert_int_equal(w.offered_to, 2);
}

/* ---- leaving ---- */

static void a_draining_backend_finishes_and_refuses_requests(void **state)
{
    (void)state;
    get_in(1);
    request(1, 5, w.offers[0]);
    backend_core_drain(w.core, w.now);
    act();
    assert_int_equal(w.sent[FRAME_DRAIN], 1);
    request(1, 6, w.offers[1]); /* crossed the DRAIN */
    assert_int_equal(w.sent[FRAME_BUSY], 1);
    assert_int_equal(w.drained, 0);
    final();
    assert_int_equal(w.sent[FRAME_FINAL], 1);
    assert_int_equal(w.drained, 1);
    assert_int_equal(w.sent[FRAME_OFFER], 2); /* none after */
    wait_alive(500, 1);
    assert_int_equal(w.drained, 1);
}

static void a_draining_backend_sends_no_ready(void **state)
{
    (void)state;
    backend_core_drain(w.core, w.now);
    receive_who(1);
    assert_int_equal(w.sent[FRAME_READY], 0);
    act();
    assert_int_equal(w.drained, 1);
}

/* Without this BYE the gateway, which has added the instance, waited for its heartbeats. */
static void bye_is_sent_while_welcome_is_on_its_way(void **state)
{
    (void)state;
    receive_who(1);
    backend_core_bye(w.core);
    act();
    assert_int_equal(w.sent[FRAME_BYE], 1);
    assert_int_equal(w.to, 1);
    assert_int_equal(w.last.epoch, EPOCH + 1);
}

static void bye_is_not_sent_to_unknown_gateways(void **state)
{
    (void)state;
    backend_core_bye(w.core);
    act();
    assert_int_equal(w.sent[FRAME_BYE], 0);
}

static void a_link_that_comes_up_while_draining_is_drained(void **state)
{
    (void)state;
    receive_who(1);
    backend_core_drain(w.core, w.now);
    act();
    assert_int_equal(w.sent[FRAME_DRAIN], 0);
    receive_welcome(1);
    assert_int_equal(w.sent[FRAME_DRAIN], 1);
    assert_int_equal(w.last.epoch, EPOCH + 1);
}

#define STORE(name)  cmocka_unit_test_setup_teardown(name, open_store, close_world)
#define WORKER(name) cmocka_unit_test_setup_teardown(name, open_worker, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE(ready_is_sent_only_in_reply_to_who),
        STORE(of_two_links_to_one_gateway_one_is_used),
        STORE(an_unsolicited_welcome_is_dropped),
        STORE(the_heartbeat_is_kept_and_quickens_with_work),
        STORE(a_silent_gateway_loses_its_requests),
        STORE(a_gateway_that_cannot_be_sent_to_loses_its_requests),
        STORE(a_second_who_starts_over),
        STORE(after_a_long_stall_old_requests_are_not_begun),
        STORE(a_link_without_ping_for_long_is_reset),
        STORE(frames_of_another_epoch_are_dropped),
        STORE(a_request_is_accepted_and_gets_its_reply),
        STORE(a_request_that_comes_twice_is_begun_once),
        STORE(a_full_window_is_busy),
        STORE(a_message_of_another_service_is_dropped),
        STORE(a_cancelled_request_ends_as_cancelled),
        STORE(a_cancel_of_an_unknown_request_is_confirmed),
        STORE(a_turn_is_cancelled_by_its_name),
        STORE(a_request_is_cancelled_when_its_time_is_over),
        STORE(chunks_are_numbered_and_the_end_carries_their_count),
        STORE(credit_is_spent_and_granted),
        WORKER(free_slots_are_offered_in_turn),
        WORKER(a_slot_takes_one_request),
        WORKER(a_gateway_gets_more_offers_as_it_uses_them),
        WORKER(an_offer_is_good_for_its_own_gateway_only),
        WORKER(idle_offers_are_revoked_for_waiting_gateways),
        WORKER(a_request_that_crossed_the_revoke_wins),
        WORKER(a_free_slot_goes_to_the_longest_waiting_gateway),
        WORKER(offers_end_with_their_link),
        WORKER(an_offer_that_was_lost_is_made_again),
        WORKER(a_gateway_that_missed_an_offer_comes_after_others),
        WORKER(a_stalled_gateway_with_a_queue_keeps_no_offers),
        WORKER(a_gateway_that_missed_a_revoke_comes_after_others),
        WORKER(a_release_that_was_lost_is_not_waited_for),
        WORKER(a_draining_backend_finishes_and_refuses_requests),
        WORKER(a_draining_backend_sends_no_ready),
        STORE(bye_is_sent_while_welcome_is_on_its_way),
        STORE(bye_is_not_sent_to_unknown_gateways),
        STORE(a_link_that_comes_up_while_draining_is_drained),
    };
    log_open("test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
