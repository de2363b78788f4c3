/* What a link to Postgres promises, against a server of ours that speaks just enough of the
 * protocol (PostgreSQL documentation, "Frontend/Backend Protocol"). */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "loop/pg.h"
#include "test.h"

/* Messages of the server: type, length of the rest and its own four bytes, the rest. */
#define WELCOME "R\0\0\0\10\0\0\0\0S\0\0\0\31client_encoding\0UTF8\0Z\0\0\0\5I"
#define DONE                                                                                       \
    "1\0\0\0\4"                                                                                    \
    "2\0\0\0\4"                                                                                    \
    "n\0\0\0\4"                                                                                    \
    "C\0\0\0\12BEGIN\0"
#define FAILED      "E\0\0\0\31SERROR\0C42P01\0Mnope\0\0"
#define READY       "Z\0\0\0\5I"
#define SAYS(bytes) server_says(bytes, sizeof(bytes) - 1)

static struct world_of_test {
    struct loop    *loop;
    struct pg_link *link;
    char            folder[32], path[64];
    int             listener, peer;
    struct watch    accepting;
    struct timer    limit;
    unsigned        ups, downs, answers, nothings;
    ExecStatusType  status[8]; /* of the last answer's results */
    unsigned        results;
    char            why[200];
    bool            again; /* send one more from inside an answer */
} w;

static void on_too_long(void *ctx)
{
    (void)ctx;
    fail_msg("the loop waits in vain");
}

static void on_accept(void *ctx, uint32_t events)
{
    (void)ctx, (void)events;
    w.peer = accept4(w.listener, NULL, NULL, SOCK_NONBLOCK);
    assert_true(w.peer >= 0);
}

static int open_world(void **state)
{
    (void)state;
    struct sockaddr_un here = {.sun_family = AF_UNIX};

    memset(&w, 0, sizeof w);
    w.peer = -1;
    str_format(w.folder, sizeof w.folder, "/tmp/loop-pg-XXXXXX");
    assert_non_null(mkdtemp(w.folder));
    str_format(w.path, sizeof w.path, "%s/.s.PGSQL.5432", w.folder);
    str_format(here.sun_path, sizeof here.sun_path, "%s", w.path);
    w.loop = loop_new();
    w.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(w.listener, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(listen(w.listener, 4), 0);
    watch_start(&w.accepting, w.loop, w.listener, EPOLLIN, on_accept, NULL);
    timer_start(&w.limit, w.loop, 5000, on_too_long, NULL);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    pg_link_free(&w.link);
    watch_stop(&w.accepting);
    timer_stop(&w.limit);
    close(w.listener);
    if (w.peer >= 0)
        close(w.peer);
    unlink(w.path);
    rmdir(w.folder);
    loop_free(&w.loop);
    return 0;
}

/* ---- the link's side ---- */

static bool send_group(unsigned statements);

static void on_up(void *ctx)
{
    (void)ctx;
    w.ups++;
    loop_quit(w.loop);
}

static void on_down(void *ctx, const char *why)
{
    (void)ctx;
    w.downs++;
    str_format(w.why, sizeof w.why, "%s", why);
    pg_link_free(&w.link);
    loop_quit(w.loop);
}

static void on_answer(void *ctx, PGresult *const *results, unsigned count)
{
    (void)ctx;
    if (!count) {
        w.nothings++;
        assert_false(send_group(1));
        return;
    }
    w.answers++;
    w.results = count;
    for (unsigned i = 0; i < count; i++)
        w.status[i] = PQresultStatus(results[i]);
    if (w.again) {
        w.again = false;
        assert_true(send_group(1));
    }
    loop_quit(w.loop);
}

static bool send_group(unsigned statements)
{
    struct pg_statement group[4];

    for (unsigned i = 0; i < statements; i++)
        group[i] = (struct pg_statement){.text = "BEGIN"};
    return pg_link_send(w.link, group, statements, on_answer, NULL);
}

static void connect_link(uint64_t connect_ms, uint64_t reply_ms)
{
    static const struct pg_link_ops ops = {on_up, on_down};
    const char *const               keywords[] = {"host", "user", "port", "gssencmode", NULL};
    const char *const               values[] = {w.folder, "me", "5432", "disable", NULL};
    struct pg_link_options          o = {keywords, values, connect_ms, reply_ms};

    w.link = pg_link_new(w.loop, &o, &ops, NULL);
}

/* Lets the loop turn until the server has something to read, and reads it. */
static void server_reads(void)
{
    for (bool got = false; !got;) {
        char         bytes[4096];
        struct timer soon = {0};
        timer_start(&soon, w.loop, 1, (void (*)(void *))loop_quit, w.loop);
        loop_run(w.loop);
        timer_stop(&soon);
        got = w.peer >= 0 && read(w.peer, bytes, sizeof bytes) > 0;
    }
}

static void server_says(const char *bytes, size_t len)
{
    assert_int_equal(write(w.peer, bytes, len), (ssize_t)len);
}

static void link_up(uint64_t reply_ms)
{
    connect_link(1000, reply_ms);
    server_reads();
    SAYS(WELCOME);
    loop_run(w.loop);
    assert_int_equal(w.ups, 1);
}

static void wait_answer(unsigned which)
{
    while (w.answers < which && !w.downs)
        loop_run(w.loop);
    assert_int_equal(w.answers, which);
}

/* ---- promises ---- */

static void groups_are_sent_at_once_and_answered_in_order(void **state)
{
    (void)state;
    link_up(0);
    assert_true(send_group(1) && send_group(2));
    assert_int_equal(pg_link_in_flight(w.link), 2);
    server_reads();
    SAYS(DONE READY);
    wait_answer(1);
    assert_int_equal(w.results, 1);
    assert_int_equal(w.status[0], PGRES_COMMAND_OK);
    SAYS(DONE DONE READY);
    wait_answer(2);
    assert_int_equal(w.results, 2);
    assert_int_equal(pg_link_in_flight(w.link), 0);
}

static void a_group_is_not_answered_before_it_is_committed(void **state)
{
    (void)state;
    struct timer later = {0};

    link_up(0);
    assert_true(send_group(1));
    server_reads();
    SAYS(DONE);
    timer_start(&later, w.loop, 50, (void (*)(void *))loop_quit, w.loop);
    loop_run(w.loop);
    assert_int_equal(w.answers, 0);
    SAYS(READY);
    wait_answer(1);
}

static void after_a_failure_the_rest_of_the_group_is_aborted(void **state)
{
    (void)state;
    link_up(0);
    assert_true(send_group(3) && send_group(1));
    server_reads();
    SAYS(DONE FAILED READY);
    wait_answer(1);
    assert_int_equal(w.results, 3);
    assert_int_equal(w.status[0], PGRES_COMMAND_OK);
    assert_int_equal(w.status[1], PGRES_FATAL_ERROR);
    assert_int_equal(w.status[2], PGRES_PIPELINE_ABORTED);
    SAYS(DONE READY);
    wait_answer(2);
    assert_int_equal(w.status[0], PGRES_COMMAND_OK);
}

static void an_answer_may_bring_the_next_group(void **state)
{
    (void)state;
    w.again = true;
    link_up(0);
    assert_true(send_group(1));
    server_reads();
    SAYS(DONE READY);
    wait_answer(1);
    server_reads();
    SAYS(DONE READY);
    wait_answer(2);
}

static void a_text_is_answered_with_what_failed_first(void **state)
{
    (void)state;
    link_up(0);
    assert_true(pg_link_run(w.link, "BEGIN; nonsense", on_answer, NULL));
    server_reads();
    SAYS("C\0\0\0\12BEGIN\0" FAILED READY);
    wait_answer(1);
    assert_int_equal(w.results, 1);
    assert_int_equal(w.status[0], PGRES_FATAL_ERROR);
    assert_true(send_group(1)); /* and groups go on */
    server_reads();
    SAYS(DONE READY);
    wait_answer(2);
}

static void what_is_awaited_is_told_when_the_server_goes(void **state)
{
    (void)state;
    link_up(0);
    assert_true(send_group(1) && send_group(1));
    server_reads();
    SAYS(DONE);
    close(w.peer);
    w.peer = -1;
    while (!w.downs)
        loop_run(w.loop);
    assert_int_equal(w.nothings, 2);
    assert_int_equal(w.answers, 0);
    assert_null(w.link);
}

static void silence_ends_it(void **state)
{
    (void)state;
    link_up(50);
    assert_true(send_group(1));
    loop_run(w.loop);
    assert_int_equal(w.nothings, 1);
    assert_string_equal(w.why, "no result in time");
}

static void a_server_that_never_answers_is_given_up(void **state)
{
    (void)state;
    connect_link(50, 0);
    loop_run(w.loop);
    assert_int_equal(w.downs, 1);
    assert_string_equal(w.why, "no connection in time");
}

static void nonsense_ends_it(void **state)
{
    (void)state;
    link_up(0);
    assert_true(send_group(1));
    server_reads();
    SAYS("HTTP/1.1 400 Bad Request\r\n\r\n");
    while (!w.downs)
        loop_run(w.loop);
    assert_int_equal(w.nothings, 1);
}

static void nobody_there_is_told(void **state)
{
    (void)state;
    unlink(w.path);
    connect_link(1000, 0);
    loop_run(w.loop);
    assert_int_equal(w.ups, 0);
    assert_int_equal(w.downs, 1);
    assert_null(strchr(w.why, '\n'));
}

static void freed_it_tells_what_was_awaited(void **state)
{
    (void)state;
    link_up(0);
    assert_true(send_group(1));
    pg_link_free(&w.link);
    assert_int_equal(w.nothings, 1);
    assert_int_equal(w.downs, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(groups_are_sent_at_once_and_answered_in_order),
        TEST(a_group_is_not_answered_before_it_is_committed),
        TEST(after_a_failure_the_rest_of_the_group_is_aborted),
        TEST(an_answer_may_bring_the_next_group),
        TEST(a_text_is_answered_with_what_failed_first),
        TEST(what_is_awaited_is_told_when_the_server_goes),
        TEST(silence_ends_it),
        TEST(a_server_that_never_answers_is_given_up),
        TEST(nonsense_ends_it),
        TEST(nobody_there_is_told),
        TEST(freed_it_tells_what_was_awaited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
