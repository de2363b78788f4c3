/* What a turn promises when several gateways are involved: the lease, following, replaying. */
#include "base/log.h"
#include "base/random.h"
#include "turn_world.h"

/* ---- the same turn again ---- */

static void a_turn_that_was_kept_is_replayed(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_BEGIN);
    REPLIES(&w, TURN_SLOT_BEGIN, turn_begin_reply, .outcome = BEGIN_REPLAY,
            .conversation = STR(CONVERSATION), .model = STR("old/model"),
            .text = STR("Said before."), .status = STR("stopped"), .finish_reason = STR("stop"));
    assert_string_equal(w.recorder.log, "started(old/model) delta(Said before.) done(stopped)");
    assert_int_equal(w.sent[TURN_SLOT_ANSWER] + w.sent[TURN_SLOT_END], 0);
    world_close(&w);
}

/* The same message, which another gateway is answering. */
static void world_meets_itself(struct world *w)
{
    world_open(w);
    world_runs_to(w, TURN_SLOT_FOLLOW);
    assert_true(w->turn->follow.is_active && is_open(w, TURN_SLOT_FOLLOW));
}

static uint64_t asked_after(const struct world *w)
{
    struct turn_follow_request m;

    assert_int_equal(turn_follow_request_decode(&m, buf_view(&w->last[TURN_SLOT_FOLLOW])), ERR_OK);
    assert_true(str_is(m.session, SESSION) && str_is(m.turn_id, TURN));
    return m.after;
}

static void a_turn_that_runs_elsewhere_is_followed(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    assert_int_equal(asked_after(&w), 0);
    follow_replies(&w, FOLLOW_RUNNING, "");
    assert_false(is_open(&w, TURN_SLOT_FOLLOW)); /* not at once again */
    world_passes(&w, 200);
    follow_replies(&w, FOLLOW_RUNNING, "Check ");
    world_passes(&w, 200);
    assert_int_equal(asked_after(&w), 6);
    follow_replies(&w, FOLLOW_KEPT, "the pads.");
    assert_string_equal(w.recorder.log,
                        "started(there/model) delta(Check ) delta(the pads.) done(committed)");
    assert_int_equal(w.sent[TURN_SLOT_RENEW] + w.sent[TURN_SLOT_ANSWER] + w.commits + w.aborts, 0);
    world_close(&w);
}

static void following_needs_no_filter(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    assert_int_equal(w.dropped[TURN_SLOT_FILTER], 1);
    follow_replies(&w, FOLLOW_KEPT, "Done there.");
    world_close(&w);
}

static void a_failure_elsewhere_is_reported_as_it_was(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    follow_replies(&w, FOLLOW_RUNNING, "Check ");
    world_passes(&w, 200);
    follow_replies(&w, FOLLOW_ABORTED, "");
    assert_int_equal(w.err, ERR_WORKER_DOWN);
    assert_int_equal(w.aborts, 0);
    world_close(&w);
}

static void a_turn_that_died_elsewhere_begins_here(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    follow_replies(&w, FOLLOW_INTERRUPTED, "");
    filter_replies(&w, VERDICT_ON);
    begin_grants(&w);
    world_finishes(&w);
    assert_int_equal(w.status, TURN_STATUS_COMMITTED);
    world_close(&w);
}

static void what_was_shown_does_not_begin_again(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    follow_replies(&w, FOLLOW_RUNNING, "Check ");
    world_passes(&w, 200);
    follow_replies(&w, FOLLOW_INTERRUPTED, "the");
    assert_int_equal(w.err, ERR_INTERRUPTED);
    assert_string_equal(w.recorder.log,
                        "started(there/model) delta(Check ) delta(the) error(interrupted)");
    world_close(&w);
}

static void what_was_shown_was_interrupted_when_nobody_knows_it_any_more(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    follow_replies(&w, FOLLOW_RUNNING, "Check ");
    world_passes(&w, 200);
    world_errs(&w, TURN_SLOT_FOLLOW, ERR_NOT_FOUND);
    assert_int_equal(w.err, ERR_INTERRUPTED);
    world_close(&w);
}

static void the_answers_of_two_owners_are_not_joined(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    REPLIES(&w, TURN_SLOT_FOLLOW, turn_follow_reply, .text = STR("Check "), .epoch = 7);
    world_passes(&w, 200);
    REPLIES(&w, TURN_SLOT_FOLLOW, turn_follow_reply, .text = STR("else."), .epoch = 8);
    assert_int_equal(w.err, ERR_INTERRUPTED);
    assert_string_equal(w.recorder.log, "started() delta(Check ) error(interrupted)");
    world_close(&w);
}

static void a_turn_nobody_knows_any_more_begins_here(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    world_errs(&w, TURN_SLOT_FOLLOW, ERR_NOT_FOUND);
    assert_true(is_open(&w, TURN_SLOT_BEGIN));
    world_finishes(&w);
    assert_int_equal(w.status, TURN_STATUS_COMMITTED);
    world_close(&w);
}

static void a_follower_sends_keepalives(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    for (unsigned i = 0; i < 150; i++) {
        follow_replies(&w, FOLLOW_RUNNING, "");
        world_passes(&w, 200);
    }
    assert_string_equal(w.recorder.log, "keepalive keepalive ");
    follow_replies(&w, FOLLOW_KEPT, "");
    world_close(&w);
}

static void following_has_a_deadline(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    while (w.turn && w.now < 1000 * 1000) {
        follow_replies(&w, FOLLOW_RUNNING, "");
        world_passes(&w, 200);
    }
    assert_int_equal(w.err, ERR_BUSY);
    world_close(&w);
}

static void a_short_outage_of_the_store_does_not_end_it(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    for (unsigned i = 0; i < 50; i++) {
        world_errs(&w, TURN_SLOT_FOLLOW, ERR_STORE_DOWN);
        world_passes(&w, 200);
    }
    follow_replies(&w, FOLLOW_KEPT, "Check the pads.");
    assert_int_equal(w.status, TURN_STATUS_COMMITTED);
    world_close(&w);
}

static void a_long_outage_of_the_store_does(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    while (w.turn && w.now < 60 * 1000) {
        world_errs(&w, TURN_SLOT_FOLLOW, ERR_STORE_DOWN);
        world_passes(&w, 200);
    }
    assert_int_equal(w.err, ERR_STORE_DOWN);
    world_close(&w);
}

/* ---- only subscribing ---- */

static void a_follower_learns_the_question(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_follows(&w);
    follow_replies(&w, FOLLOW_RUNNING, "Check");
    assert_string_equal(w.turn->params.text, QUESTION);
    world_passes(&w, 200);
    follow_replies(&w, FOLLOW_ABORTED, "");
    assert_string_equal(w.recorder.log, "started(there/model) delta(Check) error(worker_down)");
    world_close(&w);
}

static void a_follower_begins_nothing(void **state)
{
    (void)state;
    static const struct {
        enum err            err;
        enum follow_outcome outcome;
        enum err            end;
    } cases[] = {{ERR_NOT_FOUND, 0, ERR_NOT_FOUND}, {ERR_OK, FOLLOW_INTERRUPTED, ERR_INTERRUPTED}};

    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct world w;
        world_open(&w);
        world_follows(&w);
        if (cases[i].err)
            world_errs(&w, TURN_SLOT_FOLLOW, cases[i].err);
        else
            follow_replies(&w, cases[i].outcome, "");
        assert_int_equal(w.err, cases[i].end);
        assert_int_equal(w.sent[TURN_SLOT_BEGIN], 0);
        world_close(&w);
    }
}

static void a_follower_without_subscribers_ends(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_follows(&w);
    subscribers_remove(&w.recorder.subscriber);
    follow_replies(&w, FOLLOW_RUNNING, "Check");
    assert_null(w.turn);
    w.recorder.ends = 1; /* nobody recorded it */
    world_close(&w);
}

static void a_subscriber_of_a_follower_continues_where_it_was(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    w.recorder.subscriber.at = 7; /* inside a character */
    world_follows(&w);
    follow_replies(&w, FOLLOW_RUNNING, "Br");
    world_passes(&w, 200);
    follow_replies(&w, FOLLOW_KEPT, "\xC3\xBC\xC3\xA4\xC3\xBCken.");
    assert_string_equal(w.recorder.log, "started(there/model) delta(\xC3\xBCken.) done(committed)");
    world_close(&w);
}

/* ---- for those who follow elsewhere ---- */

static struct turn_append_request appended(const struct world *w)
{
    struct turn_append_request m;

    assert_int_equal(msg_number(buf_view(&w->last[TURN_SLOT_RENEW])), MSG_TURN_APPEND_REQUEST);
    assert_int_equal(turn_append_request_decode(&m, buf_view(&w->last[TURN_SLOT_RENEW])), ERR_OK);
    return m;
}

static void the_answer_is_buffered_for_followers(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check ");
    world_passes(&w, 200);
    struct turn_append_request m = appended(&w);
    assert_true(m.offset == 0 && str_is(m.text, "Check ") && str_is(m.model, "test/model"));
    assert_true(m.epoch == 7 && str_is(m.conversation, CONVERSATION));
    worker_sends(&w, "the pads.");
    world_passes(&w, 1000);
    assert_int_equal(w.sent[TURN_SLOT_RENEW], 1); /* one at a time */
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .buffered = 6);
    world_passes(&w, 200);
    m = appended(&w);
    assert_true(m.offset == 6 && str_is(m.text, "the pads."));
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .buffered = 15);
    world_passes(&w, 200);
    assert_int_equal(w.sent[TURN_SLOT_RENEW], 2); /* nothing new */
    world_finishes(&w);
    world_close(&w);
}

static void what_redis_lost_is_sent_again(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check the pads.");
    world_passes(&w, 200);
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .buffered = 15);
    world_passes(&w, 500);
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .buffered = 0);
    world_passes(&w, 200);
    struct turn_append_request m = appended(&w);
    assert_true(m.offset == 0 && str_is(m.text, "Check the pads."));
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .buffered = 15);
    world_finishes(&w);
    world_close(&w);
}

static void the_question_is_sent_again_when_it_was_lost(void **state)
{
    (void)state;
    struct world              w;
    struct turn_renew_request m;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_RENEW);
    assert_int_equal(turn_renew_request_decode(&m, buf_view(&w.last[TURN_SLOT_RENEW])), ERR_OK);
    assert_int_equal(m.user_text.len, 0);
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .question_missing = 1);
    world_passes(&w, 500);
    assert_int_equal(turn_renew_request_decode(&m, buf_view(&w.last[TURN_SLOT_RENEW])), ERR_OK);
    assert_true(str_is(m.user_text, QUESTION) && m.seq == 3 && m.asked_at > 0);
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .question_missing = 0);
    world_finishes(&w);
    world_close(&w);
}

static void without_redis_nothing_is_buffered(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check the pads.");
    world_passes(&w, 200);
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .not_buffered = 1);
    world_passes(&w, 200);
    assert_int_equal(w.sent[TURN_SLOT_RENEW], 1);
    world_passes(&w, 300);
    assert_int_equal(msg_number(buf_view(&w.last[TURN_SLOT_RENEW])), MSG_TURN_RENEW_REQUEST);
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .buffered = 0); /* it is back */
    world_passes(&w, 200);
    assert_true(str_is(appended(&w).text, "Check the pads."));
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .buffered = 15);
    world_finishes(&w);
    world_close(&w);
}

/* ---- its worker dies ---- */

static void what_a_dead_worker_said_is_given_to_the_store(void **state)
{
    (void)state;
    struct world              w;
    struct turn_abort_request m;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check ");
    world_errs(&w, TURN_SLOT_ANSWER, ERR_INTERRUPTED);
    assert_int_equal(turn_abort_request_decode(&m, buf_view(&w.last[TURN_SLOT_END])), ERR_OK);
    assert_true(m.interrupted == 1 && m.seq == 3 && m.spent == 1);
    assert_true(str_is(m.user_text, QUESTION) && str_is(m.answer, "Check "));
    abort_is_done(&w);
    assert_string_equal(w.recorder.log, "started(test/model) delta(Check ) error(interrupted)");
    world_close(&w);
}

static void another_failure_leaves_nothing_there(void **state)
{
    (void)state;
    struct world              w;
    struct turn_abort_request m;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check ");
    world_errs(&w, TURN_SLOT_ANSWER, ERR_UPSTREAM_TRUNCATED);
    assert_int_equal(turn_abort_request_decode(&m, buf_view(&w.last[TURN_SLOT_END])), ERR_OK);
    assert_true(m.interrupted == 0 && m.answer.len == 0);
    abort_is_done(&w);
    world_close(&w);
}

/* ---- the lease ---- */

static void the_lease_is_renewed_and_returns_a_stop(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_RENEW);
    assert_int_equal(w.sent[TURN_SLOT_RENEW], 1);
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .stop = 0);
    world_passes(&w, 500);
    assert_int_equal(w.sent[TURN_SLOT_RENEW], 2);
    worker_sends(&w, "Check");
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .stop = 1);
    world_finishes(&w);
    assert_int_equal(w.status, TURN_STATUS_STOPPED);
    world_close(&w);
}

static void a_lost_lease_ends_without_commit_or_abort(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_RENEW);
    REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .lost = 1);
    assert_int_equal(w.err, ERR_CONFLICT);
    assert_int_equal(w.dropped[TURN_SLOT_ANSWER], 1);
    assert_int_equal(w.commits + w.aborts, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_that_was_kept_is_replayed),
        cmocka_unit_test(a_turn_that_runs_elsewhere_is_followed),
        cmocka_unit_test(following_needs_no_filter),
        cmocka_unit_test(a_failure_elsewhere_is_reported_as_it_was),
        cmocka_unit_test(a_turn_that_died_elsewhere_begins_here),
        cmocka_unit_test(what_was_shown_does_not_begin_again),
        cmocka_unit_test(what_was_shown_was_interrupted_when_nobody_knows_it_any_more),
        cmocka_unit_test(the_answers_of_two_owners_are_not_joined),
        cmocka_unit_test(a_turn_nobody_knows_any_more_begins_here),
        cmocka_unit_test(a_follower_sends_keepalives),
        cmocka_unit_test(following_has_a_deadline),
        cmocka_unit_test(a_short_outage_of_the_store_does_not_end_it),
        cmocka_unit_test(a_long_outage_of_the_store_does),
        cmocka_unit_test(a_follower_learns_the_question),
        cmocka_unit_test(a_follower_begins_nothing),
        cmocka_unit_test(a_subscriber_of_a_follower_continues_where_it_was),
        cmocka_unit_test(a_follower_without_subscribers_ends),
        cmocka_unit_test(the_answer_is_buffered_for_followers),
        cmocka_unit_test(what_redis_lost_is_sent_again),
        cmocka_unit_test(the_question_is_sent_again_when_it_was_lost),
        cmocka_unit_test(without_redis_nothing_is_buffered),
        cmocka_unit_test(what_a_dead_worker_said_is_given_to_the_store),
        cmocka_unit_test(another_failure_leaves_nothing_there),
        cmocka_unit_test(the_lease_is_renewed_and_returns_a_stop),
        cmocka_unit_test(a_lost_lease_ends_without_commit_or_abort),
    };
    log_open("turn_follow_test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
