/* What batch promises: waiting turns leave together, and none is lost or answered twice. */
#include <string.h>

#include "base/random.h"
#include "base/uuid.h"
#include "batch.h"
#include "test.h"

#define TURNS 100

struct sent {
    struct parcel     *parcel;
    unsigned           count;
    const struct args *args[BATCH_TURNS];
};

static struct world_of_test {
    struct batch *batch;
    bool          away;
    struct sent   sent[64];
    unsigned      sends;
    unsigned      answers[TURNS]; /* how often each was answered */
    enum err      err[TURNS];
    struct args   args[TURNS];
} w;

/* Places stand for the turns: job pointers are never looked into. */
static enum err send_items(void *ctx, const struct pg_item *items, unsigned count,
                           struct parcel *parcel)
{
    (void)ctx;
    if (w.away)
        return ERR_DOWN;
    struct sent *s = &w.sent[w.sends++];
    s->parcel = parcel;
    s->count = count;
    for (unsigned i = 0; i < count; i++)
        s->args[i] = items[i].args;
    return ERR_OK;
}

static void answer(void *ctx, struct job *job, unsigned place, enum err err, struct grid *grid)
{
    (void)ctx, (void)job;
    assert_true(err || grid_is(grid, 0, 0, "ok"));
    w.answers[place]++;
    w.err[place] = err;
}

static int open_world(void **state)
{
    static const struct batch_ops ops = {send_items, answer};

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
    struct args *a = &w.args[turn];
    struct uuid  id = {{0}};

    str_format(id.text, sizeof id.text, "%s", session);
    args_id(a, &id);
    str_format(id.text, sizeof id.text, "%s", chat);
    args_id(a, &id);
    batch_add(w.batch, a, now, ttl, NULL, turn);
}

static void add_some(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char chat[8];
        str_format(chat, sizeof chat, "%03u", i);
        add(i, "s", chat, 0, 1000);
    }
}

static void done(struct sent *s, enum err err, uint64_t now)
{
    struct grid grids[BATCH_TURNS] = {0};

    for (unsigned i = 0; i < s->count; i++) {
        grid_begin(&grids[i], 1);
        grid_add(&grids[i], STR("ok"));
    }
    batch_done(s->parcel, err, grids, now);
    for (unsigned i = 0; i < s->count; i++)
        grid_fini(&grids[i]);
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
    batch_pump(w.batch, 0); /* both lanes are taken */
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
    assert_int_equal(w.sends, BATCH_FLIGHT);
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
    assert_int_equal(w.sends, 2 + BATCH_FLIGHT);
    assert_int_equal(w.sent[2].count, 1);
    assert_int_equal(w.sent[3].count, 1);
    done(&w.sent[2], ERR_OK, 3);
    done(&w.sent[3], ERR_OK, 3);
    batch_pump(w.batch, 3);
    done(&w.sent[4], ERR_OK, 3);
    all_answered_once(3, ERR_OK);
}

static void one_that_others_get_in_the_way_of_gives_up(void **state)
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

static void while_postgres_is_away_turns_wait_as_long_as_they_may(void **state)
{
    (void)state;
    w.away = true;
    add(0, "s", "a", 0, 100);
    add(1, "s", "b", 0, 1000);
    batch_pump(w.batch, 0);
    assert_int_equal(batch_waiting(w.batch), 2);
    assert_in_range(batch_wakes_at(w.batch, 0), 1, 100);
    batch_pump(w.batch, 99);
    assert_int_equal(w.answers[0], 0);
    batch_pump(w.batch, 100);
    assert_int_equal(w.answers[0], 1);
    assert_int_equal(w.err[0], ERR_DOWN);
    w.away = false;
    batch_pump(w.batch, 101);
    done(&w.sent[0], ERR_OK, 102);
    assert_int_equal(w.err[1], ERR_OK);
    assert_int_equal(w.answers[1], 1);
}

static void with_nothing_to_do_it_rests(void **state)
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
    w.away = true;
    add_some(3);
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
        TEST(one_that_others_get_in_the_way_of_gives_up),
        TEST(while_postgres_is_away_turns_wait_as_long_as_they_may),
        TEST(with_nothing_to_do_it_rests),
        TEST(what_waits_at_the_end_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
