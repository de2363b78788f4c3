/* What a chat promises when every answer comes as an error, never, cut, twice or late. */
#include "base/log.h"
#include "base/random.h"
#include "turn_world.h"

static const enum chat_question all[] = {CHAT_Q_LIMIT,  CHAT_Q_FILTER, CHAT_Q_BEGIN,  CHAT_Q_ANSWER,
                                         CHAT_Q_REVIEW, CHAT_Q_RENEW,  CHAT_Q_FOLLOW, CHAT_Q_END};

static void every_answer_may_be_any_error(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++)
        for (enum err err = ERR_OK; err < ERR_COUNT;
             err++) { /* an ERROR that says "ok" is one too */
            struct world w;
            world_open(&w);
            world_walks_to(&w, all[q]);
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
        world_walks_to(&w, all[q]);
        world_passes(&w, 300000); /* five minutes, and nothing but the clock */
        assert_true(is_open(&w, all[q]));
        world_errs(&w, all[q], ERR_TIMEOUT);
        if (is_open(&w, CHAT_Q_RENEW))
            world_errs(&w, CHAT_Q_RENEW, ERR_TIMEOUT);
        world_finishes(&w);
        world_close(&w);
    }
}

/* The good answer to q, as bytes. */
static void good_answer(enum chat_question q, struct buf *out)
{
    struct turn_begin_reply *begun = calloc(1, sizeof *begun);

    *begun = (struct turn_begin_reply){.conversation = STR(CONVERSATION),
                                       .epoch = 7,
                                       .seq = 3,
                                       .context_count = 1,
                                       .context = {{.text = STR("Hi")}}};
    if (q == CHAT_Q_LIMIT)
        limit_take_reply_encode(&(struct limit_take_reply){.allowed = 1}, out);
    if (q == CHAT_Q_FILTER)
        filter_check_reply_encode(&(struct filter_check_reply){.verdict = VERDICT_ON}, out);
    if (q == CHAT_Q_BEGIN)
        turn_begin_reply_encode(begun, out);
    if (q == CHAT_Q_ANSWER)
        llm_answer_reply_encode(&(struct llm_answer_reply){.text = STR("Pads.")}, out);
    if (q == CHAT_Q_REVIEW)
        filter_review_reply_encode(&(struct filter_review_reply){.accepted = 1}, out);
    if (q == CHAT_Q_RENEW)
        turn_renew_reply_encode(&(struct turn_renew_reply){.stop = 0}, out);
    if (q == CHAT_Q_FOLLOW)
        turn_follow_reply_encode(
            &(struct turn_follow_reply){.outcome = FOLLOW_KEPT, .status = STR("committed")}, out);
    if (q == CHAT_Q_END)
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
            world_walks_to(&w, all[q]);
            world_answers(&w, all[q],
                          (struct bus_reply){.kind = BUS_REPLY_FINAL, .body = {good.p, len}});
            world_finishes(&w);
            if (len < good.len && all[q] != CHAT_Q_RENEW &&
                all[q] != CHAT_Q_FOLLOW) /* asked again */
                assert_true(w.err != ERR_OK || w.status == CHAT_UNSAVED);
            world_close(&w);
        }
        buf_fini(&good);
    }
}

static void a_piece_may_be_cut_at_any_byte(void **state)
{
    (void)state;
    struct llm_chunk m = {.text = STR("Check"), .model = STR("m")};
    struct buf       body = {0};

    llm_chunk_encode(&m, &body);
    for (size_t len = 0; len < body.len; len++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, CHAT_Q_ANSWER);
        world_answers(&w, CHAT_Q_ANSWER,
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
        world_walks_to(&w, all[q]);
        uint64_t id = w.chat->slots[all[q]].id;
        good_answer(all[q], &good);
        world_answers(&w, all[q],
                      (struct bus_reply){.kind = BUS_REPLY_FINAL, .body = buf_view(&good)});
        struct world before = w;
        if (w.chat)
            chat_hear(&w.chat->slots[all[q]],
                      &(struct bus_reply){.id = id, .kind = BUS_REPLY_ERROR, .err = ERR_INTERNAL});
        assert_int_equal(w.last_id, before.last_id);
        assert_string_equal(w.ear.heard, before.ear.heard);
        world_finishes(&w);
        assert_int_equal(w.status, CHAT_COMMITTED);
        world_close(&w);
        buf_fini(&good);
    }
}

static void an_answer_to_an_earlier_question_finds_nothing(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    for (unsigned i = 0; i < 6; i++)
        worker_pieces(&w, "This is a sentence of forty characters. ");
    uint64_t look = w.chat->slots[CHAT_Q_REVIEW].id;
    worker_ends(&w); /* drops that look and asks for the last one */
    assert_int_equal(w.dropped[CHAT_Q_REVIEW], 1);
    chat_hear(&w.chat->slots[CHAT_Q_REVIEW],
              &(struct bus_reply){.id = look, .kind = BUS_REPLY_ERROR, .err = ERR_INTERNAL});
    assert_int_equal(w.commits, 0);
    world_finishes(&w);
    assert_int_equal(w.err, ERR_OK);
    world_close(&w);
}

static void pieces_nobody_asked_for_change_nothing(void **state)
{
    (void)state;
    struct world w;

    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        if (all[q] == CHAT_Q_ANSWER)
            continue;
        world_open(&w);
        world_walks_to(&w, all[q]);
        size_t before = w.chat->answer.len;
        world_answers(&w, all[q],
                      (struct bus_reply){.kind = BUS_REPLY_CHUNK, .body = STR("\x91\x51")});
        assert_int_equal(w.chat->answer.len, before);
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
        world_walks_to(&w, all[q]);
        audience_leave(&w.ear.listener);
        chat_cut(&w.chat);
        w.ear.ends = 1;
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
                world_walks_to(&w, all[q]);
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
        cmocka_unit_test(a_piece_may_be_cut_at_any_byte),
        cmocka_unit_test(an_answer_that_comes_twice_counts_once),
        cmocka_unit_test(an_answer_to_an_earlier_question_finds_nothing),
        cmocka_unit_test(pieces_nobody_asked_for_change_nothing),
        cmocka_unit_test(a_process_that_ends_drops_what_is_open),
        cmocka_unit_test(every_refusal_of_the_bus_ends_the_turn),
    };
    log_open("chat_torture_test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
