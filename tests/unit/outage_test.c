/* What outage promises. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "loop/outage.h"
#include "test.h"

static struct world {
    struct loop  *loop;
    struct outage outage;
    unsigned      retries, wanted;
    int           log, stderr_before;
} w;

static void on_retry(void *ctx)
{
    (void)ctx;
    if (++w.retries == w.wanted)
        loop_quit(w.loop);
    else
        outage_retry(&w.outage);
}

static int open_world(void **state)
{
    int ends[2];

    (void)state;
    random_init();
    w = (struct world){.loop = loop_new(), .stderr_before = dup(STDERR_FILENO)};
    outage_init(&w.outage, w.loop, "pg", on_retry, NULL);
    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
        return -1;
    close(ends[1]);
    w.log = ends[0];
    log_open("store", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    dup2(w.stderr_before, STDERR_FILENO);
    close(w.stderr_before);
    close(w.log);
    outage_fini(&w.outage);
    loop_free(&w.loop);
    return 0;
}

/* The lines logged since; there must be some, since this waits for them. */
static const char *logged(void)
{
    static char lines[4096];
    ssize_t     len = read(w.log, lines, sizeof lines - 1);

    lines[len > 0 ? len : 0] = '\0';
    return lines;
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void the_first_success_is_up(void **state)
{
    (void)state;
    outage_ended(&w.outage, "connections=%d", 4);
    const char *lines = logged();
    assert_non_null(strstr(lines, "info "));
    assert_non_null(strstr(lines, "pg.up connections=4"));
}

static void an_outage_is_logged_at_its_beginning_and_its_end(void **state)
{
    (void)state;
    outage_failed(&w.outage, "refused");
    outage_failed(&w.outage, "refused");
    outage_failed(&w.outage, "refused");
    outage_ended(&w.outage, "connections=%d", 4);
    const char *lines = logged();
    assert_int_equal(count(lines, "\n"), 2);
    assert_non_null(strstr(lines, "warn "));
    assert_non_null(strstr(lines, "pg.unavailable why=\"refused\""));
    assert_non_null(strstr(lines, "pg.back connections=4"));
}

static void another_reason_is_logged_once_too(void **state)
{
    (void)state;
    outage_failed(&w.outage, "refused");
    outage_failed(&w.outage, "no address");
    outage_failed(&w.outage, "no address");
    const char *lines = logged();
    assert_int_equal(count(lines, "\n"), 2);
    assert_non_null(strstr(lines, "pg.connect_failed why=\"no address\""));
}

static void a_long_reason_is_the_same_reason(void **state)
{
    (void)state;
    char reason[400];

    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    outage_failed(&w.outage, reason);
    outage_failed(&w.outage, reason);
    assert_int_equal(count(logged(), "\n"), 1);
}

/* Each pause is between half and whole of 50 ms, 100 ms, 200 ms, ..., 2 s. */
static void pauses_double_up_to_two_seconds(void **state)
{
    (void)state;
    for (uint64_t most = 50; most < 10000; most *= 2) {
        uint64_t bound = most < 2000 ? most : 2000;
        uint64_t start = clock_ms();
        outage_retry(&w.outage);
        uint64_t pause = w.outage.timer.at - start;
        assert_in_range(pause, bound / 2, bound + 5);
        timer_stop(&w.outage.timer);
    }
}

static void a_success_resets_the_backoff(void **state)
{
    (void)state;
    w.outage.failures = 6;
    outage_ended(&w.outage, "connections=%d", 1);
    uint64_t start = clock_ms();
    outage_retry(&w.outage);
    assert_in_range(w.outage.timer.at - start, 25, 55);
    assert_non_null(strstr(logged(), "pg.up"));
}

static void a_retry_that_is_scheduled_is_not_postponed(void **state)
{
    (void)state;
    outage_retry(&w.outage);
    uint64_t at = w.outage.timer.at;
    outage_retry(&w.outage);
    assert_int_equal(w.outage.timer.at, at);
    assert_int_equal(w.outage.failures, 1);
}

static void the_loop_calls_retry(void **state)
{
    (void)state;
    w.wanted = 3;
    outage_retry(&w.outage);
    assert_int_equal(w.retries, 0);
    loop_run(w.loop);
    assert_int_equal(w.retries, 3);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(the_first_success_is_up),
        IN_A_WORLD(an_outage_is_logged_at_its_beginning_and_its_end),
        IN_A_WORLD(another_reason_is_logged_once_too),
        IN_A_WORLD(a_long_reason_is_the_same_reason),
        IN_A_WORLD(pauses_double_up_to_two_seconds),
        IN_A_WORLD(a_success_resets_the_backoff),
        IN_A_WORLD(a_retry_that_is_scheduled_is_not_postponed),
        IN_A_WORLD(the_loop_calls_retry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
