/* What a turn promises, whatever the services do. */
#include "base/log.h"
#include "base/random.h"
#include "turn_world.h"

/* ---- the happy path ---- */

static void the_happy_path_ends_committed(void **state)
{
    (void)state;
    struct world               w;
    struct turn_commit_request m;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_END);
    assert_int_equal(turn_commit_request_decode(&m, buf_view(&w.last[TURN_SLOT_END])), ERR_OK);
    assert_true(str_is(m.session, SESSION) && str_is(m.turn_id, TURN));
    assert_true(str_is(m.conversation, CONVERSATION));
    assert_true(str_is(m.user_text, QUESTION) && str_is(m.answer, "Check the pads."));
    assert_true(str_is(m.status, "committed") && str_is(m.model, "test/model"));
    assert_true(m.epoch == 7 && m.seq == 3 && m.verdict == VERDICT_ON && m.completion_tokens == 2);
    commit_replies(&w, COMMIT_OK);
    assert_string_equal(w.recorder.log,
                        "started(test/model) delta(Check ) delta(the pads.) done(committed)");
    assert_int_equal(w.aborts, 0);
    world_close(&w);
}

static void filter_and_store_are_asked_at_once(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_FILTER);
    assert_true(is_open(&w, TURN_SLOT_FILTER) && is_open(&w, TURN_SLOT_BEGIN));
    assert_int_equal(w.sent[TURN_SLOT_ANSWER], 0);
    begin_grants(&w);
    assert_int_equal(w.sent[TURN_SLOT_ANSWER], 0); /* not before the filter has accepted */
    filter_replies(&w, VERDICT_ON);
    assert_int_equal(w.sent[TURN_SLOT_ANSWER], 1);
    world_finishes(&w);
    world_close(&w);
}

static void the_model_is_asked_with_the_context_and_the_question(void **state)
{
    (void)state;
    struct world               w;
    struct llm_answer_request *m = calloc(1, sizeof *m);

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_BEGIN);
    filter_replies(&w, VERDICT_ON);
    REPLIES(&w, TURN_SLOT_BEGIN, turn_begin_reply, .epoch = 1, .seq = 2,
            .model = STR("chosen/model"), .sealed_key = STR("sealed"), .context_count = 2,
            .context = {{.by_user = 1, .text = STR("Hi")}, {.by_user = 0, .text = STR("Hello")}});
    assert_int_equal(llm_answer_request_decode(m, buf_view(&w.last[TURN_SLOT_ANSWER])), ERR_OK);
    assert_int_equal(m->context_count, 3);
    assert_true(str_is(m->context[0].text, "Hi") && m->context[0].by_user == 1);
    assert_true(str_is(m->context[2].text, QUESTION) && m->context[2].by_user == 1);
    assert_true(str_is(m->model, "chosen/model") && str_is(m->sealed_key, "sealed"));
    assert_int_equal(m->user.len, 32);
    assert_false(str_is(m->user, SESSION)); /* the upstream never sees a session id */
    free(m);
    world_finishes(&w);
    world_close(&w);
}

static void a_context_too_large_for_a_frame_loses_its_oldest_part(void **state)
{
    (void)state;
    struct world               w;
    struct llm_answer_request *m = calloc(1, sizeof *m);
    struct turn_begin_reply   *begun = calloc(1, sizeof *begun);
    struct buf                 body = {0};
    static char                much[60000];

    memset(much, 'x', sizeof much);
    *begun = (struct turn_begin_reply){.epoch = 1, .seq = 2, .context_count = 16};
    for (unsigned i = 0; i < 16; i++)
        begun->context[i] =
            (struct context_message){.by_user = i % 2 == 0, .text = {much, sizeof much}};
    turn_begin_reply_encode(begun, &body);
    world_open(&w);
    world_runs_to(&w, TURN_SLOT_BEGIN);
    filter_replies(&w, VERDICT_ON);
    world_answers(&w, TURN_SLOT_BEGIN,
                  (struct bus_reply){.kind = BUS_REPLY_FINAL, .body = buf_view(&body)});
    assert_true(w.last[TURN_SLOT_ANSWER].len < BODY_MAX);
    assert_int_equal(llm_answer_request_decode(m, buf_view(&w.last[TURN_SLOT_ANSWER])), ERR_OK);
    assert_int_equal(m->context_count, 9); /* four whole exchanges and the question */
    assert_true(m->context[0].by_user == 1);
    free(m);
    free(begun);
    buf_fini(&body);
    world_finishes(&w);
    world_close(&w);
}

static void an_answer_that_was_not_streamed_is_sent_too(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    REPLIES(&w, TURN_SLOT_ANSWER, llm_answer_reply, .text = STR("All at once."), .model = STR("m"));
    world_finishes(&w);
    assert_string_equal(w.recorder.log, "started(m) delta(All at once.) done(committed)");
    world_close(&w);
}

static void what_was_taken_is_credited(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check ");
    assert_true(w.credit > strlen("Check "));
    world_finishes(&w);
    world_close(&w);
}

/* ---- off topic ---- */

static void off_topic_is_refused_and_aborted(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_FILTER);
    filter_replies(&w, VERDICT_OFF);
    begin_grants(&w);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_OFF_TOPIC);
    assert_int_equal(w.sent[TURN_SLOT_ANSWER], 0);
    world_close(&w);
}

static enum err depends(uint64_t on_topic, uint64_t greeting)
{
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_FILTER);
    REPLIES(&w, TURN_SLOT_FILTER, filter_check_reply, .verdict = VERDICT_DEPENDS,
            .greeting = greeting);
    REPLIES(&w, TURN_SLOT_BEGIN, turn_begin_reply, .epoch = 1, .seq = 1, .on_topic = on_topic);
    world_finishes(&w);
    world_close(&w);
    return w.err;
}

static void what_depends_passes_where_the_conversation_is_about_cars(void **state)
{
    (void)state;
    assert_int_equal(depends(0, 0), ERR_OFF_TOPIC);
    assert_int_equal(depends(1, 0), ERR_OK);
    assert_int_equal(depends(0, 1), ERR_OK);
}

static void an_unavailable_filter_accepts_nothing(void **state)
{
    (void)state;
    static const enum err away[] = {ERR_TIMEOUT, ERR_FILTER_DOWN, ERR_INTERNAL, ERR_DOWN};

    for (unsigned i = 0; i < COUNT_OF(away); i++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, TURN_SLOT_FILTER);
        world_errs(&w, TURN_SLOT_FILTER, away[i]);
        begin_grants(&w);
        abort_is_done(&w);
        assert_int_equal(w.err, ERR_FILTER_DOWN);
        assert_int_equal(w.sent[TURN_SLOT_ANSWER], 0);
        world_close(&w);
    }
}

static void without_a_filter_nothing_is_begun(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_starts(&w);
    w.refuse[SERVICE_FILTER] = ERR_FILTER_DOWN;
    limit_replies(&w);
    assert_int_equal(w.err, ERR_FILTER_DOWN);
    assert_int_equal(w.sent[TURN_SLOT_BEGIN], 0);
    world_close(&w);
}

static void a_rejected_answer_is_retracted(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_REVIEW);
    review_replies(&w, 0);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_RETRACTED);
    assert_int_equal(w.commits, 0);
    assert_non_null(strstr(w.recorder.log, "retracted"));
    world_close(&w);
}

static void an_answer_is_reviewed_while_it_grows(void **state)
{
    (void)state;
    struct world                 w;
    struct filter_review_request m;
    char                         sentence[] = "This is a sentence of forty characters. ";

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    for (unsigned i = 0; i < 5; i++)
        worker_sends(&w, sentence);
    assert_int_equal(w.sent[TURN_SLOT_REVIEW], 0);
    worker_sends(&w, sentence);
    assert_int_equal(w.sent[TURN_SLOT_REVIEW], 1);
    assert_int_equal(filter_review_request_decode(&m, buf_view(&w.last[TURN_SLOT_REVIEW])), ERR_OK);
    assert_int_equal(m.is_complete, 0);
    review_replies(&w, 0);
    assert_int_equal(w.dropped[TURN_SLOT_ANSWER], 1); /* the upstream is closed at once */
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_RETRACTED);
    world_close(&w);
}

static void a_review_that_fails_on_the_way_decides_nothing(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    for (unsigned i = 0; i < 6; i++)
        worker_sends(&w, "This is a sentence of forty characters. ");
    world_errs(&w, TURN_SLOT_REVIEW, ERR_TIMEOUT);
    world_finishes(&w);
    assert_int_equal(w.err, ERR_OK);
    world_close(&w);
}

static void without_a_review_of_the_whole_nothing_is_kept(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_REVIEW);
    world_errs(&w, TURN_SLOT_REVIEW, ERR_TIMEOUT);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_FILTER_DOWN);
    assert_int_equal(w.commits, 0);
    world_close(&w);
}

/* ---- limits and refusals ---- */

static void overload_is_reported_before_anything_is_sent(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    w.would_accept = ERR_OVERLOADED;
    world_starts(&w);
    assert_int_equal(w.err, ERR_OVERLOADED);
    assert_int_equal(w.last_id, 0);
    world_close(&w);
}

static void limits_are_reported_with_their_time(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_starts(&w);
    REPLIES(&w, TURN_SLOT_LIMIT, limit_take_reply, .allowed = 0, .retry_after_ms = 9000);
    assert_int_equal(w.err, ERR_LIMITED);
    assert_int_equal(w.retry_after_ms, 9000);
    world_close(&w);
}

static void the_gateway_counts_itself_when_the_store_cannot(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    w.own_limit = 4000;
    world_starts(&w);
    REPLIES(&w, TURN_SLOT_LIMIT, limit_take_reply, .allowed = 1, .limits_unavailable = 1);
    assert_int_equal(w.err, ERR_LIMITED);
    assert_int_equal(w.retry_after_ms, 4000);
    world_close(&w);

    world_open(&w);
    w.own_limit = 4000;
    world_runs_to(&w, TURN_SLOT_BEGIN);
    filter_replies(&w, VERDICT_ON);
    REPLIES(&w, TURN_SLOT_BEGIN, turn_begin_reply, .epoch = 1, .seq = 1, .limits_unavailable = 1);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_LIMITED);
    world_close(&w);
}

static void what_the_store_refuses_needs_no_abort(void **state)
{
    (void)state;
    static const enum err refusals[] = {ERR_BUSY,           ERR_LIMITED,   ERR_CONFLICT,
                                        ERR_TURN_ID_REUSED, ERR_NOT_FOUND, ERR_SIGNED_OUT,
                                        ERR_STORE_DOWN};

    for (unsigned i = 0; i < COUNT_OF(refusals); i++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, TURN_SLOT_BEGIN);
        world_errs(&w, TURN_SLOT_BEGIN, refusals[i]);
        assert_int_equal(w.err, refusals[i]);
        assert_int_equal(w.retry_after_ms, 1500);
        assert_string_equal(w.detail, "said so");
        assert_int_equal(w.aborts, 0);
        world_close(&w);
    }
}

/* ---- subscribers ---- */

static void a_late_subscriber_gets_all_from_where_it_was(void **state)
{
    (void)state;
    struct world    w;
    struct recorder late = {.subscriber = {.on_event = world_on_event}},
                    middle = {.subscriber = {.on_event = world_on_event, .at = 5}};

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Br\xC3\xBC");
    worker_sends(&w, "\xC3\xA4ke");
    world_joins(&w, &late.subscriber);
    world_joins(&w, &middle.subscriber); /* byte 5 is inside the second umlaut */
    worker_sends(&w, "n.");
    world_finishes(&w);
    assert_non_null(strstr(late.log, "started(test/model) delta(Br\xC3\xBC\xC3\xA4ke) delta(n.) "));
    assert_non_null(strstr(middle.log, "started(test/model) delta(\xC3\xA4ke) delta(n.) "));
    assert_int_equal(late.ends + middle.ends, 2);
    world_close(&w);
}

static void subscribers_are_only_called_by_the_loop(void **state)
{
    (void)state;
    struct world    w;
    struct recorder late = {.subscriber = {.on_event = world_on_event}};

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check");
    turn_join(w.turn, &late.subscriber);
    turn_stop(w.turn);
    assert_string_equal(late.log, "");
    assert_true(is_open(&w, TURN_SLOT_ANSWER));
    worker_sends(&w, " the pads."); /* comes first: the new one still gets all, in order */
    assert_string_equal(late.log, "started(test/model) delta(Check) delta( the pads.) ");
    world_finishes(&w);
    assert_int_equal(late.ends, 1);
    world_close(&w);
}

static void a_turn_continues_without_subscribers(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    subscribers_remove(&w.recorder.subscriber);
    world_finishes(&w);
    assert_int_equal(w.status, TURN_STATUS_COMMITTED);
    w.recorder.ends = 1; /* nobody recorded it */
    world_close(&w);
}

static void the_queue_position_is_sent_when_it_changes(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    w.queue_position = 3;
    world_passes(&w, 2000);
    w.queue_position = 1;
    world_passes(&w, 1000);
    w.queue_position = 0;
    world_passes(&w, 1000);
    assert_string_equal(w.recorder.log, "queued(3) queued(1) ");
    if (is_open(&w, TURN_SLOT_RENEW))
        REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .stop = 0);
    world_finishes(&w);
    world_close(&w);
}

static void a_backoff_is_sent_once_when_it_begins(void **state)
{
    (void)state;
    struct world    w;
    struct recorder late = {.subscriber.on_event = world_on_event};

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    for (w.backoff_ms = 2500; w.backoff_ms; w.backoff_ms -= 500)
        world_passes(&w, TURN_TICK_MS);
    world_passes(&w, TURN_TICK_MS);
    w.backoff_ms = 4000;
    world_passes(&w, TURN_TICK_MS);
    assert_string_equal(w.recorder.log, "waiting(2500) waiting(4000) ");
    world_joins(&w, &late.subscriber); /* one that joins in between is told too */
    assert_string_equal(late.log, "waiting(4000) ");
    subscribers_remove(&late.subscriber);
    if (is_open(&w, TURN_SLOT_RENEW))
        REPLIES(&w, TURN_SLOT_RENEW, turn_renew_reply, .stop = 0);
    world_finishes(&w);
    world_close(&w);
}

static void stop_ends_a_backoff_at_once(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    w.backoff_ms = 90000;
    world_passes(&w, TURN_TICK_MS);
    world_stops(&w);
    assert_int_equal(w.dropped[TURN_SLOT_ANSWER], 1);
    REPLIES(&w, TURN_SLOT_END, done_reply, 0);
    assert_int_equal(w.err, ERR_STOPPED);
    world_close(&w);
}

static void silence_is_broken_by_keepalives(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    world_passes(&w, 30000);
    assert_string_equal(w.recorder.log, "keepalive keepalive ");
    world_errs(&w, TURN_SLOT_RENEW, ERR_TIMEOUT);
    world_finishes(&w);
    world_close(&w);
}

/* ---- stopping ---- */

static void stop_keeps_what_there_is(void **state)
{
    (void)state;
    struct world               w;
    struct turn_commit_request m;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check the");
    world_stops(&w);
    assert_int_equal(w.dropped[TURN_SLOT_ANSWER], 1);
    review_replies(&w, 1); /* what is kept is reviewed, however short */
    assert_int_equal(turn_commit_request_decode(&m, buf_view(&w.last[TURN_SLOT_END])), ERR_OK);
    assert_true(str_is(m.status, "stopped") && str_is(m.answer, "Check the"));
    commit_replies(&w, COMMIT_OK);
    assert_int_equal(w.status, TURN_STATUS_STOPPED);
    assert_string_equal(w.recorder.log, "started(test/model) delta(Check the) done(stopped)");
    world_close(&w);
}

static void stop_before_the_first_token_gives_the_text_back(void **state)
{
    (void)state;
    static const enum turn_slot_kind when[] = {TURN_SLOT_LIMIT, TURN_SLOT_BEGIN, TURN_SLOT_ANSWER};

    for (unsigned i = 0; i < COUNT_OF(when); i++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, when[i]);
        world_stops(&w);
        world_finishes(&w);
        assert_int_equal(w.err, ERR_STOPPED);
        assert_int_equal(w.commits, 0);
        world_close(&w);
    }
}

static void a_stop_at_the_worker_is_a_stop(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check");
    world_errs(&w, TURN_SLOT_ANSWER, ERR_STOPPED);
    world_finishes(&w);
    assert_int_equal(w.status, TURN_STATUS_STOPPED);
    world_close(&w);
}

/* ---- the model fails ---- */

static void a_failing_model_leaves_history_as_it_was(void **state)
{
    (void)state;
    static const enum err errs[] = {ERR_UPSTREAM_ERROR,        ERR_UPSTREAM_TRUNCATED,
                                    ERR_UPSTREAM_RATE_LIMITED, ERR_UPSTREAM_KEY,
                                    ERR_WORKER_DOWN,           ERR_OVERLOADED};

    for (unsigned i = 0; i < 2 * COUNT_OF(errs); i++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, TURN_SLOT_ANSWER);
        if (i % 2)
            worker_sends(&w, "Half an ans");
        world_errs(&w, TURN_SLOT_ANSWER, errs[i / 2]);
        abort_is_done(&w);
        assert_int_equal(w.err, errs[i / 2]);
        assert_string_equal(w.detail, "said so");
        assert_int_equal(w.commits, 0);
        world_close(&w);
    }
}

static void an_empty_answer_is_an_error(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_ends(&w);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_UPSTREAM_ERROR);
    world_close(&w);
}

static void an_answer_without_an_end_is_cut_where_it_is_full(void **state)
{
    (void)state;
    struct world w;
    static char  much[16001];

    memset(much, 'x', sizeof much - 1);
    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    for (unsigned i = 0; i < 4; i++)
        worker_sends(&w, much);
    worker_sends(&w, much);
    assert_false(is_open(&w, TURN_SLOT_ANSWER));
    world_finishes(&w);
    assert_int_equal(w.answer_len, LIMIT_ANSWER);
    assert_string_equal(w.finish_reason, "length");
    assert_int_equal(w.status, TURN_STATUS_COMMITTED);
    world_close(&w);
}

/* ---- money ---- */

static bool abort_says_spent(const struct world *w)
{
    struct turn_abort_request m;
    assert_int_equal(turn_abort_request_decode(&m, buf_view(&w->last[TURN_SLOT_END])), ERR_OK);
    return m.spent;
}

static void an_abort_tells_whether_it_may_have_cost_something(void **state)
{
    (void)state;
    static const struct {
        bool     has_answered;
        enum err err;
        bool     spent;
    } cases[] = {
        {true, ERR_UPSTREAM_ERROR, true},
        {false, ERR_UPSTREAM_ERROR, false},
        {false, ERR_UPSTREAM_TRUNCATED, true},
        {false, ERR_TIMEOUT, true},
        {false, ERR_UPSTREAM_KEY, false},
        {false, ERR_OVERLOADED, false},
        {false, ERR_STOPPED, true},
    };

    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, TURN_SLOT_ANSWER);
        if (cases[i].has_answered)
            worker_sends(&w, "Half an ans");
        world_errs(&w, TURN_SLOT_ANSWER, cases[i].err);
        assert_int_equal(abort_says_spent(&w), cases[i].spent);
        abort_is_done(&w);
        world_close(&w);
    }
    struct world w;
    world_open(&w);
    world_runs_to(&w, TURN_SLOT_FILTER);
    filter_replies(&w, VERDICT_OFF);
    begin_grants(&w);
    assert_false(abort_says_spent(&w));
    abort_is_done(&w);
    world_close(&w);
}

static void a_stopped_answer_has_no_known_cost(void **state)
{
    (void)state;
    struct world               w;
    struct turn_commit_request m;

    for (unsigned stop = 0; stop < 2; stop++) {
        world_open(&w);
        world_runs_to(&w, TURN_SLOT_ANSWER);
        worker_sends(&w, "Check the pads.");
        if (stop)
            world_stops(&w);
        else
            worker_ends(&w);
        review_replies(&w, 1);
        assert_int_equal(turn_commit_request_decode(&m, buf_view(&w.last[TURN_SLOT_END])), ERR_OK);
        assert_int_equal(m.cost_unknown, stop);
        commit_replies(&w, COMMIT_OK);
        world_close(&w);
    }
}

static void free_chunk(struct world *w)
{
    struct llm_chunk m = {.text = STR("Check the pads."), .model = STR("test/free"), .is_free = 1};
    struct buf       body = {0};

    llm_chunk_encode(&m, &body);
    world_answers(w, TURN_SLOT_ANSWER,
                  (struct bus_reply){.kind = BUS_REPLY_CHUNK, .body = buf_view(&body)});
    buf_fini(&body);
}

static void a_free_model_costs_nothing_however_it_ends(void **state)
{
    (void)state;
    struct world               w;
    struct turn_commit_request m;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    free_chunk(&w);
    world_stops(&w);
    review_replies(&w, 1);
    assert_int_equal(turn_commit_request_decode(&m, buf_view(&w.last[TURN_SLOT_END])), ERR_OK);
    assert_int_equal(m.cost_unknown, 0);
    commit_replies(&w, COMMIT_OK);
    world_close(&w);

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    free_chunk(&w);
    world_errs(&w, TURN_SLOT_ANSWER, ERR_UPSTREAM_TRUNCATED);
    assert_false(abort_says_spent(&w));
    abort_is_done(&w);
    world_close(&w);
}

static void an_end_without_a_cost_keeps_the_reserve(void **state)
{
    (void)state;
    struct world               w;
    struct turn_commit_request m;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    worker_sends(&w, "Check the pads.");
    REPLIES(&w, TURN_SLOT_ANSWER, llm_answer_reply, .model = STR("test/model"), .cost_unknown = 1);
    review_replies(&w, 1);
    assert_int_equal(turn_commit_request_decode(&m, buf_view(&w.last[TURN_SLOT_END])), ERR_OK);
    assert_int_equal(m.cost_unknown, 1);
    commit_replies(&w, COMMIT_OK);
    world_close(&w);
}

/* ---- keeping it ---- */

static void a_commit_that_came_twice_is_committed(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_END);
    commit_replies(&w, COMMIT_DUP);
    assert_int_equal(w.status, TURN_STATUS_COMMITTED);
    world_close(&w);
}

static void a_spooled_turn_says_so(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_END);
    commit_replies(&w, COMMIT_SPOOLED);
    assert_int_equal(w.status, TURN_STATUS_SPOOLED);
    world_close(&w);
}

static void an_answer_that_cannot_be_kept_is_unsaved_not_lost(void **state)
{
    (void)state;
    static const enum err away[] = {ERR_TIMEOUT, ERR_STORE_DOWN, ERR_DOWN, ERR_INTERNAL};

    for (unsigned i = 0; i <= COUNT_OF(away); i++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, TURN_SLOT_REVIEW);
        if (i == COUNT_OF(away))
            w.refuse[SERVICE_STORE] = ERR_STORE_DOWN;
        review_replies(&w, 1);
        if (i < COUNT_OF(away))
            world_errs(&w, TURN_SLOT_END, away[i]);
        assert_int_equal(w.err, ERR_OK);
        assert_int_equal(w.status, TURN_STATUS_UNSAVED);
        assert_non_null(strstr(w.recorder.log, "delta(the pads.) done(unsaved)"));
        world_close(&w);
    }
}

static void a_fenced_commit_is_a_conflict(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_END);
    world_errs(&w, TURN_SLOT_END, ERR_CONFLICT);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_CONFLICT);
    world_close(&w);
}

static void an_abort_that_fails_changes_nothing(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    world_errs(&w, TURN_SLOT_ANSWER, ERR_UPSTREAM_TRUNCATED);
    world_errs(&w, TURN_SLOT_END, ERR_TIMEOUT);
    assert_int_equal(w.err, ERR_UPSTREAM_TRUNCATED);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_happy_path_ends_committed),
        cmocka_unit_test(filter_and_store_are_asked_at_once),
        cmocka_unit_test(the_model_is_asked_with_the_context_and_the_question),
        cmocka_unit_test(a_context_too_large_for_a_frame_loses_its_oldest_part),
        cmocka_unit_test(an_answer_that_was_not_streamed_is_sent_too),
        cmocka_unit_test(what_was_taken_is_credited),
        cmocka_unit_test(off_topic_is_refused_and_aborted),
        cmocka_unit_test(what_depends_passes_where_the_conversation_is_about_cars),
        cmocka_unit_test(an_unavailable_filter_accepts_nothing),
        cmocka_unit_test(without_a_filter_nothing_is_begun),
        cmocka_unit_test(a_rejected_answer_is_retracted),
        cmocka_unit_test(an_answer_is_reviewed_while_it_grows),
        cmocka_unit_test(a_review_that_fails_on_the_way_decides_nothing),
        cmocka_unit_test(without_a_review_of_the_whole_nothing_is_kept),
        cmocka_unit_test(overload_is_reported_before_anything_is_sent),
        cmocka_unit_test(limits_are_reported_with_their_time),
        cmocka_unit_test(the_gateway_counts_itself_when_the_store_cannot),
        cmocka_unit_test(what_the_store_refuses_needs_no_abort),
        cmocka_unit_test(a_late_subscriber_gets_all_from_where_it_was),
        cmocka_unit_test(subscribers_are_only_called_by_the_loop),
        cmocka_unit_test(a_turn_continues_without_subscribers),
        cmocka_unit_test(the_queue_position_is_sent_when_it_changes),
        cmocka_unit_test(a_backoff_is_sent_once_when_it_begins),
        cmocka_unit_test(stop_ends_a_backoff_at_once),
        cmocka_unit_test(silence_is_broken_by_keepalives),
        cmocka_unit_test(stop_keeps_what_there_is),
        cmocka_unit_test(stop_before_the_first_token_gives_the_text_back),
        cmocka_unit_test(a_stop_at_the_worker_is_a_stop),
        cmocka_unit_test(a_failing_model_leaves_history_as_it_was),
        cmocka_unit_test(an_empty_answer_is_an_error),
        cmocka_unit_test(an_answer_without_an_end_is_cut_where_it_is_full),
        cmocka_unit_test(an_abort_tells_whether_it_may_have_cost_something),
        cmocka_unit_test(a_stopped_answer_has_no_known_cost),
        cmocka_unit_test(a_free_model_costs_nothing_however_it_ends),
        cmocka_unit_test(an_end_without_a_cost_keeps_the_reserve),
        cmocka_unit_test(a_commit_that_came_twice_is_committed),
        cmocka_unit_test(a_spooled_turn_says_so),
        cmocka_unit_test(an_answer_that_cannot_be_kept_is_unsaved_not_lost),
        cmocka_unit_test(a_fenced_commit_is_a_conflict),
        cmocka_unit_test(an_abort_that_fails_changes_nothing),
    };
    log_open("turn_test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
