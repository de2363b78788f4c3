/* What loop and resolver promise. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/resolver.h"
#include "test.h"

struct world {
    struct loop *loop;
    char         trace[256];
};

static struct world w;

static int open_world(void **state)
{
    (void)state;
    w = (struct world){.loop = loop_new()};
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    loop_free(&w.loop);
    return 0;
}

static void note(void *letter)
{
    size_t len = strlen(w.trace);

    str_format(w.trace + len, sizeof w.trace - len, "%s", (const char *)letter);
}

static void note_and_quit(void *letter)
{
    note(letter);
    loop_quit(w.loop);
}

static void timers_fire_in_the_order_of_their_time(void **state)
{
    (void)state;
    struct timer a = {0}, b = {0}, c = {0}, d = {0};

    timer_start(&d, w.loop, 40, note_and_quit, "d");
    timer_start(&b, w.loop, 20, note, "b");
    timer_start(&a, w.loop, 10, note, "a");
    timer_start(&c, w.loop, 30, note, "c");
    loop_run(w.loop);
    assert_string_equal(w.trace, "abcd");
    assert_false(timer_is_on(&a));
}

static void a_timer_is_never_early(void **state)
{
    (void)state;
    struct timer t = {0};
    uint64_t     start = clock_ms();

    timer_start(&t, w.loop, 25, note_and_quit, "t");
    loop_run(w.loop);
    assert_true(clock_ms() >= start + 25);
}

static struct timer victim;

static void stop_the_victim(void *letter)
{
    note(letter);
    timer_stop(&victim);
}

static void a_stopped_timer_is_silent_even_when_due(void **state)
{
    (void)state;
    struct timer a = {0}, end = {0};

    timer_start(&a, w.loop, 5, stop_the_victim, "a");
    timer_start(&victim, w.loop, 5, note, "v");
    timer_start(&end, w.loop, 10, note_and_quit, "e");
    usleep(6000); /* both are due in the same turn */
    loop_run(w.loop);
    assert_string_equal(w.trace, "ae");
}

static uint64_t last_at;
static unsigned fired;

static void fire_in_order(void *ctx)
{
    struct timer *t = ctx;

    assert_true(t->at >= last_at);
    last_at = t->at;
    fired++;
}

static void many_timers_stopped_in_any_order_keep_the_heap(void **state)
{
    (void)state;
    static struct timer timers[500];
    struct timer        end = {0};

    for (unsigned i = 0; i < COUNT_OF(timers); i++)
        timer_start(&timers[i], w.loop, (i * 7919) % 97, fire_in_order, &timers[i]);
    for (unsigned i = 0; i < COUNT_OF(timers); i += 2)
        timer_stop(&timers[(i * 31) % COUNT_OF(timers)]);
    timer_start(&end, w.loop, 100, note_and_quit, "e");
    loop_run(w.loop);
    assert_int_equal(fired, COUNT_OF(timers) / 2);
    for (unsigned i = 0; i < COUNT_OF(timers); i++)
        assert_false(timer_is_on(&timers[i]));
    assert_string_equal(w.trace, "e");
}

static struct watch left, right;

static void stop_both(void *ctx, uint32_t events)
{
    (void)ctx;
    assert_true(events & EPOLLIN);
    note("w");
    watch_stop(&left);
    watch_stop(&right);
}

/* Both events are read in one batch; whichever runs first silences the other. */
static void a_stopped_watch_is_silent_even_when_its_event_was_read(void **state)
{
    (void)state;
    struct timer end = {0};
    int          a[2], b[2];

    assert_int_equal(pipe(a) | pipe(b), 0);
    watch_start(&left, w.loop, a[0], EPOLLIN, stop_both, NULL);
    watch_start(&right, w.loop, b[0], EPOLLIN, stop_both, NULL);
    assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
    timer_start(&end, w.loop, 10, note_and_quit, "e");
    loop_run(w.loop);
    assert_string_equal(w.trace, "we");
    close(a[0]);
    close(a[1]);
    close(b[0]);
    close(b[1]);
}

static struct deferred_call first, second;

static void start_the_second(void *letter)
{
    note(letter);
    deferred_call_start(&second, w.loop, note_and_quit, "2");
    note("-");
}

static void what_is_put_off_runs_after_the_handler(void **state)
{
    (void)state;
    deferred_call_start(&first, w.loop, start_the_second, "1");
    deferred_call_start(&first, w.loop, start_the_second, "1");
    loop_run(w.loop);
    assert_string_equal(w.trace, "1-2");
}

static void what_was_put_off_can_be_called_off(void **state)
{
    (void)state;
    struct deferred_call a = {0}, b = {0}, c = {0};

    deferred_call_start(&a, w.loop, note, "a");
    deferred_call_start(&b, w.loop, note, "b");
    deferred_call_start(&c, w.loop, note_and_quit, "c");
    deferred_call_stop(&b);
    deferred_call_stop(&b);
    loop_run(w.loop);
    assert_string_equal(w.trace, "ac");
}

static void stop_noted(void *ctx)
{
    (void)ctx;
    note("s");
    kill(getpid(), SIGTERM);
}

static void hangup_noted(void *ctx)
{
    (void)ctx;
    note("h");
    kill(getpid(), SIGTERM);
}

static void the_first_signal_asks_and_the_second_ends(void **state)
{
    (void)state;
    loop_on_signals(w.loop, stop_noted, hangup_noted, NULL);
    kill(getpid(), SIGHUP);
    loop_run(w.loop);
    assert_string_equal(w.trace, "hs");
}

static void take_message(void *ctx, zsock_t *socket)
{
    (void)ctx;
    char *text = zstr_recv(socket);
    note(text);
    zstr_free(&text);
    loop_socket_end(w.loop, socket); /* from its own handler */
    loop_quit(w.loop);
}

static void a_socket_is_read_when_something_came(void **state)
{
    (void)state;
    zsock_t *in = zsock_new_pull("@inproc://loop-test"),
            *out = zsock_new_push(">inproc://loop-test");

    loop_socket(w.loop, in, take_message, NULL);
    zstr_send(out, "hello");
    loop_run(w.loop);
    assert_string_equal(w.trace, "hello");
    zsock_destroy(&in);
    zsock_destroy(&out);
}

static void note_resolved(void *ctx, const struct resolved *found)
{
    (void)ctx;
    for (unsigned i = 0; i < found->count; i++)
        if (strcmp(found->address[i], "127.0.0.1") == 0)
            note("found");
    loop_quit(w.loop);
}

static void not_called(void *ctx, const struct resolved *found)
{
    (void)ctx;
    (void)found;
    note("!");
}

static void a_name_is_resolved_and_a_forgotten_one_is_not_told(void **state)
{
    (void)state;
    struct resolver *r = resolver_new(w.loop);
    int              forgotten, kept;

    resolver_resolve(r, "127.0.0.1", not_called, &forgotten);
    resolver_resolve(r, "localhost", note_resolved, &kept);
    resolver_cancel(r, &forgotten);
    loop_run(w.loop);
    assert_string_equal(w.trace, "found");
    resolver_free(&r);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(timers_fire_in_the_order_of_their_time),
        IN_A_WORLD(a_timer_is_never_early),
        IN_A_WORLD(a_stopped_timer_is_silent_even_when_due),
        IN_A_WORLD(many_timers_stopped_in_any_order_keep_the_heap),
        IN_A_WORLD(a_stopped_watch_is_silent_even_when_its_event_was_read),
        IN_A_WORLD(what_is_put_off_runs_after_the_handler),
        IN_A_WORLD(what_was_put_off_can_be_called_off),
        IN_A_WORLD(the_first_signal_asks_and_the_second_ends),
        IN_A_WORLD(a_socket_is_read_when_something_came),
        IN_A_WORLD(a_name_is_resolved_and_a_forgotten_one_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
