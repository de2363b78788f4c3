/* What a link to Redis promises, against a server of ours that says what the test wants. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "loop/redis.h"
#include "test.h"

static struct world_of_test {
    struct loop       *loop;
    struct redis_link *link;
    char               folder[32], path[64];
    int                listener, peer;
    struct watch       accepting;
    struct timer       limit;
    unsigned           ups, downs, replies, nulls;
    char               last[64], why[200];
    unsigned           drop_at;   /* drop the link at this reply */
    unsigned           resend_at; /* send one more at this reply */
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
    str_format(w.folder, sizeof w.folder, "/tmp/loop-redis-XXXXXX");
    assert_non_null(mkdtemp(w.folder));
    str_format(w.path, sizeof w.path, "%s/sock", w.folder);
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
    redis_link_free(&w.link);
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
    redis_link_free(&w.link);
    loop_quit(w.loop);
}

static bool send_word(const char *word);

static void on_reply(void *ctx, const redisReply *reply)
{
    (void)ctx;
    if (!reply) {
        w.nulls++;
        assert_false(send_word("after the end"));
        return;
    }
    w.replies++;
    str_format(w.last, sizeof w.last, "%s", reply->str);
    if (w.replies == w.resend_at)
        assert_true(send_word("one more"));
    if (w.replies == w.drop_at)
        redis_link_drop(w.link, "the test says so");
    else
        loop_quit(w.loop);
}

static bool send_word(const char *word)
{
    size_t length = strlen(word);
    return redis_link_send(w.link, 1, &word, &length, on_reply, NULL);
}

static void link_up(uint64_t reply_ms)
{
    static const struct redis_link_ops ops = {on_up, on_down};
    struct redis_link_options o = {.path = w.path, .connect_ms = 1000, .reply_ms = reply_ms};

    w.link = redis_link_new(w.loop, &o, &ops, NULL);
    loop_run(w.loop);
}

/* Runs the loop until the server has read this text. */
static void server_reads(const char *want)
{
    char       text[512];
    size_t     len = 0;
    struct str all = {text, 0};

    while (len < strlen(want)) {
        struct timer soon = {0};
        timer_start(&soon, w.loop, 1, (void (*)(void *))loop_quit, w.loop);
        loop_run(w.loop);
        timer_stop(&soon);
        ssize_t got = w.peer < 0 ? -1 : read(w.peer, text + len, sizeof text - len);
        len += got > 0 ? (size_t)got : 0;
    }
    all.len = len;
    assert_true(str_is(all, want));
}

static void server_says(const char *text)
{
    assert_int_equal(write(w.peer, text, strlen(text)), (ssize_t)strlen(text));
}

/* ---- promises ---- */

static void commands_are_answered_in_order(void **state)
{
    (void)state;
    link_up(0);
    assert_int_equal(w.ups, 1);
    assert_true(send_word("A") && send_word("B"));
    server_reads("*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n");
    server_says("+first\r\n");
    loop_run(w.loop);
    assert_string_equal(w.last, "first");
    server_says("+second\r\n");
    loop_run(w.loop);
    assert_string_equal(w.last, "second");
    assert_int_equal(w.downs, 0);
}

static void a_reply_may_bring_the_next_command(void **state)
{
    (void)state;
    w.resend_at = 1;
    link_up(0);
    assert_true(send_word("A"));
    server_reads("*1\r\n$1\r\nA\r\n");
    server_says("+first\r\n");
    loop_run(w.loop);
    server_reads("*1\r\n$8\r\none more\r\n");
}

static void what_is_awaited_is_told_when_the_server_goes(void **state)
{
    (void)state;
    link_up(0);
    assert_true(send_word("A") && send_word("B"));
    server_reads("*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n");
    close(w.peer);
    w.peer = -1;
    loop_run(w.loop);
    assert_int_equal(w.downs, 1);
    assert_int_equal(w.nulls, 2);
    assert_null(w.link);
}

static void silence_ends_it(void **state)
{
    (void)state;
    link_up(50);
    assert_true(send_word("A"));
    loop_run(w.loop);
    assert_int_equal(w.nulls, 1);
    assert_string_equal(w.why, "no reply in time");
}

static void silence_is_fine_while_nothing_is_awaited(void **state)
{
    (void)state;
    struct timer later = {0};

    link_up(20);
    assert_true(send_word("A"));
    server_reads("*1\r\n$1\r\nA\r\n");
    server_says("+ok\r\n");
    loop_run(w.loop);
    timer_start(&later, w.loop, 100, (void (*)(void *))loop_quit, w.loop);
    loop_run(w.loop);
    assert_int_equal(w.downs, 0);
}

static void it_may_be_dropped_from_inside_a_reply(void **state)
{
    (void)state;
    w.drop_at = 1;
    link_up(0);
    assert_true(send_word("A") && send_word("B") && send_word("C"));
    server_reads("*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n*1\r\n$1\r\nC\r\n");
    server_says("+first\r\n");
    loop_run(w.loop);
    assert_int_equal(w.replies, 1);
    assert_int_equal(w.nulls, 2);
    assert_string_equal(w.why, "the test says so");
}

static void nonsense_ends_it(void **state)
{
    (void)state;
    link_up(0);
    assert_true(send_word("A"));
    server_reads("*1\r\n$1\r\nA\r\n");
    server_says("HTTP/1.1 400 Bad Request\r\n\r\n");
    loop_run(w.loop);
    assert_int_equal(w.downs, 1);
    assert_int_equal(w.nulls, 1);
}

static void nobody_there_is_told(void **state)
{
    (void)state;
    unlink(w.path);
    link_up(0);
    assert_int_equal(w.ups, 0);
    assert_int_equal(w.downs, 1);
    assert_true(w.why[0]);
}

static void freed_it_tells_what_was_awaited(void **state)
{
    (void)state;
    link_up(0);
    assert_true(send_word("A"));
    redis_link_free(&w.link);
    assert_int_equal(w.nulls, 1);
    assert_int_equal(w.downs, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(commands_are_answered_in_order),
        TEST(a_reply_may_bring_the_next_command),
        TEST(what_is_awaited_is_told_when_the_server_goes),
        TEST(silence_ends_it),
        TEST(silence_is_fine_while_nothing_is_awaited),
        TEST(it_may_be_dropped_from_inside_a_reply),
        TEST(nonsense_ends_it),
        TEST(nobody_there_is_told),
        TEST(freed_it_tells_what_was_awaited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
