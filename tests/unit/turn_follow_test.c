/* What a chat promises about turns at several gateways: the lease, following, replaying. */
#include "base/log.h"
#include "base/random.h"
#include "turn_world.h"

/* ---- the same turn again ---- */

static void a_turn_that_was_kept_is_replayed(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_BEGIN);
    SAYS(&w, CHAT_Q_BEGIN, turn_begin_reply, .outcome = BEGIN_REPLAY,
         .conversation = STR(CONVERSATION), .model = STR("old/model"), .text = STR("Said before."),
         .status = STR("stopped"), .finish_reason = STR("stop"));
    assert_string_equal(w.ear.heard, "started(old/model) delta(Said before.) done(stopped)");
    assert_int_equal(w.asked[CHAT_Q_ANSWER] + w.asked[CHAT_Q_END], 0);
    world_close(&w);
}

/* The same message, which another gateway is answering. */
static void world_meets_itself(struct world *w)
{
    world_open(w);
    world_walks_to(w, CHAT_Q_FOLLOW);
    assert_true(w->chat->is_following && is_open(w, CHAT_Q_FOLLOW));
}

static uint64_t asked_after(const struct world *w)
{
    struct turn_follow_request m;

    assert_int_equal(turn_follow_request_decode(&m, buf_view(&w->last[CHAT_Q_FOLLOW])), ERR_OK);
    assert_true(str_is(m.session, SESSION) && str_is(m.turn_id, TURN));
    return m.after;
}

static void a_turn_that_runs_elsewhere_is_followed(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    assert_int_equal(asked_after(&w), 0);
    follow_says(&w, FOLLOW_RUNNING, "");
    assert_false(is_open(&w, CHAT_Q_FOLLOW)); /* not at once again */
    world_passes(&w, 200);
    follow_says(&w, FOLLOW_RUNNING, "Check ");
    world_passes(&w, 200);
    assert_int_equal(asked_after(&w), 6);
    follow_says(&w, FOLLOW_KEPT, "the pads.");
    assert_string_equal(w.ear.heard,
                        "started(there/model) delta(Check ) delta(the pads.) done(committed)");
    assert_int_equal(w.asked[CHAT_Q_RENEW] + w.asked[CHAT_Q_ANSWER] + w.commits + w.aborts, 0);
    world_close(&w);
}

static void whoever_follows_needs_no_filter(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    assert_int_equal(w.dropped[CHAT_Q_FILTER], 1);
    follow_says(&w, FOLLOW_KEPT, "Done there.");
    world_close(&w);
}

static void a_failure_elsewhere_is_told_as_it_was(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    follow_says(&w, FOLLOW_RUNNING, "Check ");
    world_passes(&w, 200);
    follow_says(&w, FOLLOW_ABORTED, "");
    assert_int_equal(w.err, ERR_WORKER_DOWN);
    assert_int_equal(w.aborts, 0);
    world_close(&w);
}

static void a_turn_that_died_elsewhere_begins_anew(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    follow_says(&w, FOLLOW_INTERRUPTED, "");
    filter_says(&w, VERDICT_ON);
    begin_grants(&w);
    world_finishes(&w);
    assert_int_equal(w.status, CHAT_COMMITTED);
    world_close(&w);
}

static void what_was_shown_is_not_begun_anew(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    follow_says(&w, FOLLOW_RUNNING, "Check ");
    world_passes(&w, 200);
    follow_says(&w, FOLLOW_INTERRUPTED, "the");
    assert_int_equal(w.err, ERR_INTERRUPTED);
    assert_string_equal(w.ear.heard,
                        "started(there/model) delta(Check ) delta(the) error(interrupted)");
    world_close(&w);
}

static void what_was_shown_was_interrupted_when_nobody_knows_it_any_more(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    follow_says(&w, FOLLOW_RUNNING, "Check ");
    world_passes(&w, 200);
    world_errs(&w, CHAT_Q_FOLLOW, ERR_NOT_FOUND);
    assert_int_equal(w.err, ERR_INTERRUPTED);
    world_close(&w);
}

static void the_answers_of_two_owners_are_not_joined(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    SAYS(&w, CHAT_Q_FOLLOW, turn_follow_reply, .text = STR("Check "), .epoch = 7);
    world_passes(&w, 200);
    SAYS(&w, CHAT_Q_FOLLOW, turn_follow_reply, .text = STR("else."), .epoch = 8);
    assert_int_equal(w.err, ERR_INTERRUPTED);
    assert_string_equal(w.ear.heard, "started() delta(Check ) error(interrupted)");
    world_close(&w);
}

static void a_turn_nobody_knows_any_more_begins_anew(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    world_errs(&w, CHAT_Q_FOLLOW, ERR_NOT_FOUND);
    assert_true(is_open(&w, CHAT_Q_BEGIN));
    world_finishes(&w);
    assert_int_equal(w.status, CHAT_COMMITTED);
    world_close(&w);
}

static void who_follows_hears_that_it_lives(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    for (unsigned i = 0; i < 150; i++) {
        follow_says(&w, FOLLOW_RUNNING, "");
        world_passes(&w, 200);
    }
    assert_string_equal(w.ear.heard, "quiet quiet ");
    follow_says(&w, FOLLOW_KEPT, "");
    world_close(&w);
}

static void nobody_follows_for_ever(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    while (w.chat && w.now < 1000 * 1000) {
        follow_says(&w, FOLLOW_RUNNING, "");
        world_passes(&w, 200);
    }
    assert_int_equal(w.err, ERR_BUSY);
    world_close(&w);
}

static void a_store_that_is_away_for_a_moment_does_not_end_it(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    for (unsigned i = 0; i < 50; i++) {
        world_errs(&w, CHAT_Q_FOLLOW, ERR_STORE_DOWN);
        world_passes(&w, 200);
    }
    follow_says(&w, FOLLOW_KEPT, "Check the pads.");
    assert_int_equal(w.status, CHAT_COMMITTED);
    world_close(&w);
}

static void a_store_that_stays_away_does(void **state)
{
    (void)state;
    struct world w;

    world_meets_itself(&w);
    while (w.chat && w.now < 60 * 1000) {
        world_errs(&w, CHAT_Q_FOLLOW, ERR_STORE_DOWN);
        world_passes(&w, 200);
    }
    assert_int_equal(w.err, ERR_STORE_DOWN);
    world_close(&w);
}

/* ---- only listening ---- */

static void a_listener_alone_learns_the_question(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_follows(&w);
    follow_says(&w, FOLLOW_RUNNING, "Check");
    assert_string_equal(w.chat->text, QUESTION);
    world_passes(&w, 200);
    follow_says(&w, FOLLOW_ABORTED, "");
    assert_string_equal(w.ear.heard, "started(there/model) delta(Check) error(worker_down)");
    world_close(&w);
}

static void a_listener_alone_begins_nothing(void **state)
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
            world_errs(&w, CHAT_Q_FOLLOW, cases[i].err);
        else
            follow_says(&w, cases[i].outcome, "");
        assert_int_equal(w.err, cases[i].end);
        assert_int_equal(w.asked[CHAT_Q_BEGIN], 0);
        world_close(&w);
    }
}

static void who_has_nobody_to_tell_stops_following(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_follows(&w);
    audience_leave(&w.ear.listener);
    follow_says(&w, FOLLOW_RUNNING, "Check");
    assert_null(w.chat);
    w.ear.ends = 1; /* nobody heard it */
    world_close(&w);
}

static void a_listener_alone_goes_on_where_it_was(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    w.ear.listener.at = 7; /* inside a character */
    world_follows(&w);
    follow_says(&w, FOLLOW_RUNNING, "Br");
    world_passes(&w, 200);
    follow_says(&w, FOLLOW_KEPT, "\xC3\xBC\xC3\xA4\xC3\xBCken.");
    assert_string_equal(w.ear.heard, "started(there/model) delta(\xC3\xBCken.) done(committed)");
    world_close(&w);
}

/* ---- for those who follow elsewhere ---- */

static struct turn_append_request appended(const struct world *w)
{
    struct turn_append_request m;

    assert_int_equal(msg_number(buf_view(&w->last[CHAT_Q_RENEW])), MSG_TURN_APPEND_REQUEST);
    assert_int_equal(turn_append_request_decode(&m, buf_view(&w->last[CHAT_Q_RENEW])), ERR_OK);
    return m;
}

static void what_is_said_is_held_for_followers(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check ");
    world_passes(&w, 200);
    struct turn_append_request m = appended(&w);
    assert_true(m.offset == 0 && str_is(m.text, "Check ") && str_is(m.model, "test/model"));
    assert_true(m.epoch == 7 && str_is(m.conversation, CONVERSATION));
    worker_pieces(&w, "the pads.");
    world_passes(&w, 1000);
    assert_int_equal(w.asked[CHAT_Q_RENEW], 1); /* one at a time */
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .buffered = 6);
    world_passes(&w, 200);
    m = appended(&w);
    assert_true(m.offset == 6 && str_is(m.text, "the pads."));
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .buffered = 15);
    world_passes(&w, 200);
    assert_int_equal(w.asked[CHAT_Q_RENEW], 2); /* nothing new */
    world_finishes(&w);
    world_close(&w);
}

static void what_redis_lost_is_told_again(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check the pads.");
    world_passes(&w, 200);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .buffered = 15);
    world_passes(&w, 500);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .buffered = 0);
    world_passes(&w, 200);
    struct turn_append_request m = appended(&w);
    assert_true(m.offset == 0 && str_is(m.text, "Check the pads."));
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .buffered = 15);
    world_finishes(&w);
    world_close(&w);
}

static void what_the_person_wrote_is_told_again_when_it_was_lost(void **state)
{
    (void)state;
    struct world              w;
    struct turn_renew_request m;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_RENEW);
    assert_int_equal(turn_renew_request_decode(&m, buf_view(&w.last[CHAT_Q_RENEW])), ERR_OK);
    assert_int_equal(m.user_text.len, 0);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .question_missing = 1);
    world_passes(&w, 500);
    assert_int_equal(turn_renew_request_decode(&m, buf_view(&w.last[CHAT_Q_RENEW])), ERR_OK);
    assert_true(str_is(m.user_text, QUESTION) && m.seq == 3 && m.asked_at > 0);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .question_missing = 0);
    world_finishes(&w);
    world_close(&w);
}

static void without_redis_nothing_is_told_in_vain(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check the pads.");
    world_passes(&w, 200);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .not_buffered = 1);
    world_passes(&w, 200);
    assert_int_equal(w.asked[CHAT_Q_RENEW], 1);
    world_passes(&w, 300);
    assert_int_equal(msg_number(buf_view(&w.last[CHAT_Q_RENEW])), MSG_TURN_RENEW_REQUEST);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .buffered = 0); /* it is back */
    world_passes(&w, 200);
    assert_true(str_is(appended(&w).text, "Check the pads."));
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .buffered = 15);
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
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check ");
    world_errs(&w, CHAT_Q_ANSWER, ERR_INTERRUPTED);
    assert_int_equal(turn_abort_request_decode(&m, buf_view(&w.last[CHAT_Q_END])), ERR_OK);
    assert_true(m.interrupted == 1 && m.seq == 3 && m.spent == 1);
    assert_true(str_is(m.user_text, QUESTION) && str_is(m.answer, "Check "));
    abort_is_done(&w);
    assert_string_equal(w.ear.heard, "started(test/model) delta(Check ) error(interrupted)");
    world_close(&w);
}

static void another_failure_leaves_nothing_there(void **state)
{
    (void)state;
    struct world              w;
    struct turn_abort_request m;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check ");
    world_errs(&w, CHAT_Q_ANSWER, ERR_UPSTREAM_TRUNCATED);
    assert_int_equal(turn_abort_request_decode(&m, buf_view(&w.last[CHAT_Q_END])), ERR_OK);
    assert_true(m.interrupted == 0 && m.answer.len == 0);
    abort_is_done(&w);
    world_close(&w);
}

/* ---- the lease ---- */

static void the_lease_is_renewed_and_tells_of_a_stop(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_RENEW);
    assert_int_equal(w.asked[CHAT_Q_RENEW], 1);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .stop = 0);
    world_passes(&w, 500);
    assert_int_equal(w.asked[CHAT_Q_RENEW], 2);
    worker_pieces(&w, "Check");
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .stop = 1);
    world_finishes(&w);
    assert_int_equal(w.status, CHAT_STOPPED);
    world_close(&w);
}

static void a_lost_lease_ends_without_commit_or_abort(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_RENEW);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_reply, .lost = 1);
    assert_int_equal(w.err, ERR_CONFLICT);
    assert_int_equal(w.dropped[CHAT_Q_ANSWER], 1);
    assert_int_equal(w.commits + w.aborts, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_that_was_kept_is_replayed),
        cmocka_unit_test(a_turn_that_runs_elsewhere_is_followed),
        cmocka_unit_test(whoever_follows_needs_no_filter),
        cmocka_unit_test(a_failure_elsewhere_is_told_as_it_was),
        cmocka_unit_test(a_turn_that_died_elsewhere_begins_anew),
        cmocka_unit_test(what_was_shown_is_not_begun_anew),
        cmocka_unit_test(what_was_shown_was_interrupted_when_nobody_knows_it_any_more),
        cmocka_unit_test(the_answers_of_two_owners_are_not_joined),
        cmocka_unit_test(a_turn_nobody_knows_any_more_begins_anew),
        cmocka_unit_test(who_follows_hears_that_it_lives),
        cmocka_unit_test(nobody_follows_for_ever),
        cmocka_unit_test(a_store_that_is_away_for_a_moment_does_not_end_it),
        cmocka_unit_test(a_store_that_stays_away_does),
        cmocka_unit_test(a_listener_alone_learns_the_question),
        cmocka_unit_test(a_listener_alone_begins_nothing),
        cmocka_unit_test(a_listener_alone_goes_on_where_it_was),
        cmocka_unit_test(who_has_nobody_to_tell_stops_following),
        cmocka_unit_test(what_is_said_is_held_for_followers),
        cmocka_unit_test(what_redis_lost_is_told_again),
        cmocka_unit_test(what_the_person_wrote_is_told_again_when_it_was_lost),
        cmocka_unit_test(without_redis_nothing_is_told_in_vain),
        cmocka_unit_test(what_a_dead_worker_said_is_given_to_the_store),
        cmocka_unit_test(another_failure_leaves_nothing_there),
        cmocka_unit_test(the_lease_is_renewed_and_tells_of_a_stop),
        cmocka_unit_test(a_lost_lease_ends_without_commit_or_abort),
    };
    log_open("chat_follow_test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
