/* What a turn promises when each reply comes as an error, never, cut, twice or late. */
#include "base/log.h"
#include "base/random.h"
#include "turn_world.h"

static const enum turn_slot_kind all[] = {TURN_SLOT_LIMIT,  TURN_SLOT_FILTER, TURN_SLOT_BEGIN,
                                          TURN_SLOT_ANSWER, TURN_SLOT_REVIEW, TURN_SLOT_RENEW,
                                          TURN_SLOT_FOLLOW, TURN_SLOT_END};

static void every_answer_may_be_any_error(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++)
        for (enum err err = ERR_OK; err < ERR_COUNT;
             err++) { /* an ERROR that says "ok" is one too */
            struct world w;
            world_open(&w);
            world_runs_to(&w, all[q]);
            world_errs(&w, all[q], err);
            world_finishes(&w);
            world_close(&w);
        }
}

static void no_question_is_waited_for_longer_than_the_bus_does(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, all[q]);
        world_passes(&w, 300000); /* five minutes, and nothing but the clock */
        assert_true(is_open(&w, all[q]));
        world_errs(&w, all[q], ERR_TIMEOUT);
        if (is_open(&w, TURN_SLOT_RENEW))
            world_errs(&w, TURN_SLOT_RENEW, ERR_TIMEOUT);
        world_finishes(&w);
        world_close(&w);
    }
}

/* The good answer to q, as bytes. */
static void good_answer(enum turn_slot_kind q, struct buf *out)
{
    struct turn_begin_reply *begun = calloc(1, sizeof *begun);

    *begun = (struct turn_begin_reply){.conversation = STR(CONVERSATION),
                                       .epoch = 7,
                                       .seq = 3,
                                       .context_count = 1,
                                       .context = {{.text = STR("Hi")}}};
    if (q == TURN_SLOT_LIMIT)
        limit_take_reply_encode(&(struct limit_take_reply){.allowed = 1}, out);
    if (q == TURN_SLOT_FILTER)
        filter_check_reply_encode(&(struct filter_check_reply){.verdict = VERDICT_ON}, out);
    if (q == TURN_SLOT_BEGIN)
        turn_begin_reply_encode(begun, out);
    if (q == TURN_SLOT_ANSWER)
        llm_answer_reply_encode(&(struct llm_answer_reply){.text = STR("Pads.")}, out);
    if (q == TURN_SLOT_REVIEW)
        filter_review_reply_encode(&(struct filter_review_reply){.accepted = 1}, out);
    if (q == TURN_SLOT_RENEW)
        turn_renew_reply_encode(&(struct turn_renew_reply){.stop = 0}, out);
    if (q == TURN_SLOT_FOLLOW)
        turn_follow_reply_encode(
            &(struct turn_follow_reply){.outcome = FOLLOW_KEPT, .status = STR("committed")}, out);
    if (q == TURN_SLOT_END)
        turn_commit_reply_encode(&(struct turn_commit_reply){.outcome = COMMIT_OK}, out);
    free(begun);
}

static void every_answer_may_be_cut_at_any_byte(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        struct buf good = {0};
        good_answer(all[q], &good);
        for (size_t len = 0; len <= good.len; len++) {
            struct world w;
            world_open(&w);
            world_runs_to(&w, all[q]);
            world_answers(&w, all[q],
                          (struct bus_reply){.kind = BUS_REPLY_FINAL, .body = {good.p, len}});
            world_finishes(&w);
            if (len < good.len && all[q] != TURN_SLOT_RENEW &&
                all[q] != TURN_SLOT_FOLLOW) /* asked again */
                assert_true(w.err != ERR_OK || w.status == TURN_STATUS_UNSAVED);
            world_close(&w);
        }
        buf_fini(&good);
    }
}

static void a_chunk_may_be_cut_at_any_byte(void **state)
{
    (void)state;
    struct llm_chunk m = {.text = STR("Check"), .model = STR("m")};
    struct buf       body = {0};

    llm_chunk_encode(&m, &body);
    for (size_t len = 0; len < body.len; len++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, TURN_SLOT_ANSWER);
        world_answers(&w, TURN_SLOT_ANSWER,
                      (struct bus_reply){.kind = BUS_REPLY_CHUNK, .body = {body.p, len}});
        abort_is_done(&w);
        assert_int_equal(w.commits, 0);
        world_close(&w);
    }
    buf_fini(&body);
}

static void an_answer_that_comes_twice_counts_once(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        struct world w;
        struct buf   good = {0};
        world_open(&w);
        world_runs_to(&w, all[q]);
        uint64_t id = w.turn->slots[all[q]].id;
        good_answer(all[q], &good);
        world_answers(&w, all[q],
                      (struct bus_reply){.kind = BUS_REPLY_FINAL, .body = buf_view(&good)});
        struct world before = w;
        if (w.turn)
            turn_on_reply(
                &w.turn->slots[all[q]],
                &(struct bus_reply){.id = id, .kind = BUS_REPLY_ERROR, .err = ERR_INTERNAL});
        assert_int_equal(w.last_id, before.last_id);
        assert_string_equal(w.recorder.log, before.recorder.log);
        world_finishes(&w);
        assert_int_equal(w.status, TURN_STATUS_COMMITTED);
        world_close(&w);
        buf_fini(&good);
    }
}

static void an_answer_to_an_earlier_question_finds_nothing(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_runs_to(&w, TURN_SLOT_ANSWER);
    for (unsigned i = 0; i < 6; i++)
        worker_sends(&w, "This is a sentence of forty characters. ");
    uint64_t review = w.turn->slots[TURN_SLOT_REVIEW].id;
    worker_ends(&w); /* cancels that review and requests the last one */
    assert_int_equal(w.dropped[TURN_SLOT_REVIEW], 1);
    turn_on_reply(&w.turn->slots[TURN_SLOT_REVIEW],
                  &(struct bus_reply){.id = review, .kind = BUS_REPLY_ERROR, .err = ERR_INTERNAL});
    assert_int_equal(w.commits, 0);
    world_finishes(&w);
    assert_int_equal(w.err, ERR_OK);
    world_close(&w);
}

static void chunks_nobody_asked_for_change_nothing(void **state)
{
    (void)state;
    struct world w;

    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        if (all[q] == TURN_SLOT_ANSWER)
            continue;
        world_open(&w);
        world_runs_to(&w, all[q]);
        size_t before = w.turn->answer.text.len;
        world_answers(&w, all[q],
                      (struct bus_reply){.kind = BUS_REPLY_CHUNK, .body = STR("\x91\x51")});
        assert_int_equal(w.turn->answer.text.len, before);
        world_finishes(&w);
        world_close(&w);
    }
}

static void a_process_that_ends_drops_what_is_open(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        struct world w;
        world_open(&w);
        world_runs_to(&w, all[q]);
        subscribers_remove(&w.recorder.subscriber);
        turn_cut(&w.turn);
        w.recorder.ends = 1;
        world_close(&w);
    }
}

static void every_refusal_of_the_bus_ends_the_turn(void **state)
{
    (void)state;
    static const enum err refusals[] = {ERR_OVERLOADED, ERR_FILTER_DOWN, ERR_STORE_DOWN,
                                        ERR_WORKER_DOWN};

    for (unsigned q = 0; q < COUNT_OF(all); q++)
        for (enum service s = 0; s < SERVICE_COUNT; s++)
            for (unsigned i = 0; i < COUNT_OF(refusals); i++) {
                struct world w;
                world_open(&w);
                world_runs_to(&w, all[q]);
                w.refuse[s] = refusals[i];
                world_finishes(&w);
                world_close(&w);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_may_be_any_error),
        cmocka_unit_test(no_question_is_waited_for_longer_than_the_bus_does),
        cmocka_unit_test(every_answer_may_be_cut_at_any_byte),
        cmocka_unit_test(a_chunk_may_be_cut_at_any_byte),
        cmocka_unit_test(an_answer_that_comes_twice_counts_once),
        cmocka_unit_test(an_answer_to_an_earlier_question_finds_nothing),
        cmocka_unit_test(chunks_nobody_asked_for_change_nothing),
        cmocka_unit_test(a_process_that_ends_drops_what_is_open),
        cmocka_unit_test(every_refusal_of_the_bus_ends_the_turn),
    };
    log_open("turn_torture_test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
