/* What batch promises: waiting turns leave together, and none is lost or answered twice. */
#include <string.h>

#include "base/random.h"
#include "base/uuid.h"
#include "pg/batch.h"
#include "test.h"

#define TURNS 100

struct sent {
    struct batch_transaction *transaction;
    unsigned                  count;
    const struct args        *args[BATCH_TURNS];
};

static struct world_of_test {
    struct batch *batch;
    bool          is_unavailable;
    bool          may_answer; /* the loop calls batch_deliver */
    struct sent   sent[64];
    unsigned      sends;
    unsigned      answers[TURNS]; /* how often each was answered */
    enum err      err[TURNS];
    struct args   args[TURNS];
} w;

/* Slots stand for the turns: waiters are never looked into. */
static enum err send_calls(void *ctx, const struct sql_call *calls, unsigned count,
                           struct batch_transaction *transaction)
{
    (void)ctx;
    if (w.is_unavailable)
        return ERR_DOWN;
    struct sent *s = &w.sent[w.sends++];
    s->transaction = transaction;
    s->count = count;
    for (unsigned i = 0; i < count; i++)
        s->args[i] = calls[i].args;
    return ERR_OK;
}

static void answer(void *ctx, void *waiter, unsigned slot, enum err err, struct result_set *set)
{
    (void)ctx, (void)waiter;
    assert_true(w.may_answer);
    assert_true(err || str_is(result_set_str(set, 0, 0), "ok"));
    w.answers[slot]++;
    w.err[slot] = err;
}

static int open_world(void **state)
{
    static const struct batch_ops ops = {.send = send_calls, .answer = answer};

    (void)state;
    memset(&w, 0, sizeof w);
    w.batch = batch_new(&ops, NULL);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    batch_free(&w.batch);
    return 0;
}

static void add(unsigned turn, const char *session, const char *chat, uint64_t now, uint64_t ttl)
{
    struct batch_commit c = {
        .call = {SQL_TURN_COMMIT, &w.args[turn]}, .deadline_ms = ttl, .slot = turn};

    str_format(c.session.text, sizeof c.session.text, "%s", session);
    str_format(c.conversation.text, sizeof c.conversation.text, "%s", chat);
    batch_add(w.batch, &c, now);
}

static void add_some(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char chat[8];
        str_format(chat, sizeof chat, "%03u", i);
        add(i, "s", chat, 0, 1000);
    }
}

static void deliver(void)
{
    w.may_answer = true;
    batch_deliver(w.batch);
    w.may_answer = false;
}

static void done(struct sent *s, enum err err, uint64_t now)
{
    struct result_set sets[BATCH_TURNS] = {0};

    for (unsigned i = 0; i < s->count; i++) {
        result_set_begin(&sets[i], 1);
        result_set_add(&sets[i], STR("ok"));
    }
    batch_done(s->transaction, err, sets, now);
    for (unsigned i = 0; i < s->count; i++)
        result_set_fini(&sets[i]);
    deliver();
}

static void all_answered_once(unsigned count, enum err err)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(w.answers[i], 1);
        assert_int_equal(w.err[i], err);
    }
}

static void the_first_leaves_at_once_and_the_rest_together(void **state)
{
    (void)state;
    add_some(1);
    batch_pump(w.batch, 0);
    assert_int_equal(w.sent[0].count, 1);
    for (unsigned i = 1; i < 20; i++)
        add(i, "s", "c", 0, 1000);
    batch_pump(w.batch, 0);
    add(20, "s", "d", 0, 1000);
    batch_pump(w.batch, 0); /* two are in flight */
    assert_int_equal(w.sends, 2);
    assert_int_equal(w.sent[1].count, 19);
    done(&w.sent[0], ERR_OK, 1);
    batch_pump(w.batch, 1);
    assert_int_equal(w.sent[2].count, 1);
    done(&w.sent[1], ERR_OK, 1);
    done(&w.sent[2], ERR_OK, 1);
    all_answered_once(21, ERR_OK);
}

static void a_batch_has_a_limit(void **state)
{
    (void)state;
    add_some(TURNS);
    batch_pump(w.batch, 0);
    assert_int_equal(w.sends, BATCH_IN_FLIGHT);
    assert_int_equal(w.sent[0].count, BATCH_TURNS);
    for (unsigned i = 0; i < w.sends; i++) {
        done(&w.sent[i], ERR_OK, 1);
        batch_pump(w.batch, 1);
    }
    all_answered_once(TURNS, ERR_OK);
}

static void a_batch_is_sorted(void **state)
{
    (void)state;
    const char    *order[][2] = {{"b", "1"}, {"a", "2"}, {"b", "0"}, {"a", "1"}};
    const unsigned want[] = {3, 1, 2, 0};

    for (unsigned i = 0; i < 4; i++)
        add(i, order[i][0], order[i][1], 0, 1000);
    batch_pump(w.batch, 0);
    for (unsigned i = 0; i < 4; i++)
        assert_ptr_equal(w.sent[0].args[i], &w.args[want[i]]);
    done(&w.sent[0], ERR_OK, 0);
}

static void when_one_fails_all_are_tried_alone(void **state)
{
    (void)state;
    add_some(5);
    batch_pump(w.batch, 0);
    done(&w.sent[0], ERR_BAD_REQUEST, 10);
    for (unsigned next = 1; next < 6; next++) {
        batch_pump(w.batch, 100);
        assert_int_equal(w.sent[next].count, 1);
        bool bad = w.sent[next].args[0] == &w.args[2];
        done(&w.sent[next], bad ? ERR_BAD_REQUEST : ERR_OK, 100);
    }
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(w.answers[i], 1);
        assert_int_equal(w.err[i], i == 2 ? ERR_BAD_REQUEST : ERR_OK);
    }
}

static void a_broken_connection_sends_all_again(void **state)
{
    (void)state;
    add_some(5);
    batch_pump(w.batch, 0);
    done(&w.sent[0], ERR_DOWN, 1);
    batch_pump(w.batch, 1);
    assert_int_equal(w.sends, 2);
    assert_int_equal(w.sent[1].count, 5);
    done(&w.sent[1], ERR_OK, 2);
    all_answered_once(5, ERR_OK);
}

static void what_breaks_connections_is_sent_alone(void **state)
{
    (void)state;
    add_some(3);
    batch_pump(w.batch, 0);
    done(&w.sent[0], ERR_DOWN, 1);
    batch_pump(w.batch, 1);
    done(&w.sent[1], ERR_DOWN, 2);
    batch_pump(w.batch, 2);
    assert_int_equal(w.sends, 2 + BATCH_IN_FLIGHT);
    assert_int_equal(w.sent[2].count, 1);
    assert_int_equal(w.sent[3].count, 1);
    done(&w.sent[2], ERR_OK, 3);
    done(&w.sent[3], ERR_OK, 3);
    batch_pump(w.batch, 3);
    done(&w.sent[4], ERR_OK, 3);
    all_answered_once(3, ERR_OK);
}

static void one_that_keeps_conflicting_gives_up(void **state)
{
    (void)state;
    uint64_t now = 0;

    add_some(1);
    while (!w.answers[0] && w.sends < 60) {
        batch_pump(w.batch, now);
        done(&w.sent[w.sends - 1], ERR_CONFLICT, now);
        now += 50;
    }
    assert_in_range(w.sends, 3, 20);
    all_answered_once(1, ERR_CONFLICT);
}

static void while_postgres_is_unavailable_turns_wait_until_their_deadline(void **state)
{
    (void)state;
    w.is_unavailable = true;
    add(0, "s", "a", 0, 100);
    add(1, "s", "b", 0, 1000);
    batch_pump(w.batch, 0);
    assert_int_equal(batch_waiting(w.batch), 2);
    assert_in_range(batch_wakes_at(w.batch, 0), 1, 100);
    batch_pump(w.batch, 99);
    assert_int_equal(w.answers[0], 0);
    batch_pump(w.batch, 100);
    assert_int_equal(w.answers[0], 0);
    assert_int_equal(batch_wakes_at(w.batch, 100), 100);
    deliver();
    assert_int_equal(w.answers[0], 1);
    assert_int_equal(w.err[0], ERR_DOWN);
    w.is_unavailable = false;
    batch_pump(w.batch, 101);
    done(&w.sent[0], ERR_OK, 102);
    assert_int_equal(w.err[1], ERR_OK);
    assert_int_equal(w.answers[1], 1);
}

static void with_nothing_to_do_it_is_idle(void **state)
{
    (void)state;
    assert_true(batch_wakes_at(w.batch, 5) == UINT64_MAX);
    add_some(1);
    batch_pump(w.batch, 5);
    assert_true(batch_wakes_at(w.batch, 5) == UINT64_MAX);
    done(&w.sent[0], ERR_OK, 6);
    assert_true(batch_wakes_at(w.batch, 6) == UINT64_MAX);
}

static void what_waits_at_the_end_is_told(void **state)
{
    (void)state;
    w.is_unavailable = true;
    add_some(3);
    w.may_answer = true;
    batch_free(&w.batch);
    all_answered_once(3, ERR_DOWN);
}

int main(void)
{
    random_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(the_first_leaves_at_once_and_the_rest_together),
        TEST(a_batch_has_a_limit),
        TEST(a_batch_is_sorted),
        TEST(when_one_fails_all_are_tried_alone),
        TEST(a_broken_connection_sends_all_again),
        TEST(what_breaks_connections_is_sent_alone),
        TEST(one_that_keeps_conflicting_gives_up),
        TEST(while_postgres_is_unavailable_turns_wait_until_their_deadline),
        TEST(with_nothing_to_do_it_is_idle),
        TEST(what_waits_at_the_end_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
