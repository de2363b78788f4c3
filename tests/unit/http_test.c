/* What http promises. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/http.h"
#include "test.h"

#define PATIENCE_MS 10000

/* A server and the last thing it was asked; what /late and /stream wait for is in held. */
static struct {
    struct loop         *loop;
    struct http         *http;
    struct http_request *held;
    struct timer         timer;
    char                 asked[512];
    unsigned             given, gone, drained, ended;
    bool                 too_late; /* the client waited longer than PATIENCE_MS */
} w;

struct client {
    int          fd;
    struct watch watch;
    struct buf   got;
    bool         closed;
    const char  *wanted; /* quit the loop when it has come */
};

static void reply_text(struct http_request *rq, const char *text)
{
    struct http_field    f = {"X-Test", "yes"};
    struct http_response a = {.status = 200, .fields = &f, .field_count = 1, .body = str_of(text)};
    http_reply(rq, &a);
}

static void reply_late(void *ctx)
{
    (void)ctx;
    struct http_request *rq = w.held;
    w.held = NULL;
    reply_text(rq, "late");
}

static void open_stream(struct http_request *rq)
{
    struct http_response a = {.status = 200, .body = STR("first;")};
    http_stream_open(rq, &a);
}

static void on_request(void *ctx, struct http_request *rq)
{
    (void)ctx;
    struct str  body = http_body(rq), multi = http_header(rq, "X-Multi");
    const char *path = http_path(rq);

    w.given++;
    snprintf(w.asked, sizeof w.asked, "%s %s peer=%s body=%.*s%s multi=%.*s;", http_method(rq),
             path, http_peer(rq), (int)body.len, body.len ? body.p : "",
             http_body_is_too_long(rq) ? "(too long)" : "", (int)multi.len, multi.p ? multi.p : "");
    if (strcmp(path, "/late") == 0 || strcmp(path, "/never") == 0)
        w.held = rq;
    if (strcmp(path, "/late") == 0)
        timer_start(&w.timer, w.loop, 20, reply_late, NULL);
    if (strcmp(path, "/stream") == 0) {
        w.held = rq;
        open_stream(rq);
    }
    if (!w.held || w.held != rq)
        reply_text(rq, w.asked);
}

static void quit(void *ctx)
{
    (void)ctx;
    loop_quit(w.loop);
}

static void give_up(void *ctx)
{
    (void)ctx;
    w.too_late = true;
    loop_quit(w.loop);
}

static void on_gone(void *ctx, struct http_request *rq)
{
    (void)ctx;
    w.gone++;
    if (w.held == rq)
        w.held = NULL;
}

static void on_drained(void *ctx, struct http_request *rq)
{
    (void)ctx;
    (void)rq;
    w.drained++;
}

static void on_end(void *ctx, const struct http_request *rq)
{
    (void)ctx;
    (void)rq;
    w.ended++;
}

static size_t body_max(void *ctx, const char *method, const char *path)
{
    (void)ctx;
    (void)method;
    return strcmp(path, "/import") == 0 ? 4096 : 0;
}

static const struct http_ops ops = {on_request, on_gone, on_drained, on_end, body_max};

static int open_with_deadlines(uint64_t ms)
{
    struct http_options o = {.address = "127.0.0.1",
                             .connections = 8,
                             .body_max = 64,
                             .unsent_max = 256 * 1024,
                             .head_ms = ms,
                             .body_ms = ms,
                             .idle_ms = 4 * ms};
    memset(&w, 0, sizeof w);
    w.loop = loop_new();
    return http_open(&w.http, w.loop, &o, &ops, NULL) != ERR_OK;
}

/* So long that the server's own tick, a fraction of them, comes after a test
 * has failed: nothing passes because the tick mended it. */
static int open_patient(void **state)
{
    (void)state;
    return open_with_deadlines(40 * PATIENCE_MS);
}

static int open_impatient(void **state)
{
    (void)state;
    return open_with_deadlines(300);
}

static int close_world(void **state)
{
    (void)state;
    timer_stop(&w.timer);
    http_close(&w.http);
    loop_free(&w.loop);
    return 0;
}

/* ---- a client in the same loop ---- */

static void on_bytes(void *ctx, uint32_t events)
{
    struct client *c = ctx;
    char           bytes[65536];
    ssize_t        len = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);

    (void)events;
    if (len > 0) {
        buf_add(&c->got, bytes, (size_t)len);
    } else if (len == 0 || errno != EAGAIN) {
        c->closed = true;
        watch_stop(&c->watch);
    }
    if (c->closed || (c->wanted && c->got.p && strstr(c->got.p, c->wanted)))
        loop_quit(w.loop);
}

static void client_open(struct client *c)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(w.http))};

    *c = (struct client){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&at, sizeof at), 0);
}

static void client_read(struct client *c)
{
    watch_start(&c->watch, w.loop, c->fd, EPOLLIN, on_bytes, c);
}

static void client_close(struct client *c)
{
    watch_stop(&c->watch);
    close(c->fd);
    buf_fini(&c->got);
}

static void say(struct client *c, const char *text)
{
    assert_int_equal(send(c->fd, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void run_for(uint64_t ms)
{
    struct timer t = {0};
    timer_start(&t, w.loop, ms, quit, NULL);
    loop_run(w.loop);
    timer_stop(&t);
}

/* Runs the loop until wanted has come, or with NULL until the connection is closed. */
static void expect(struct client *c, const char *wanted)
{
    struct timer t = {0};

    c->wanted = wanted;
    if (wanted && c->got.p && strstr(c->got.p, wanted))
        return;
    timer_start(&t, w.loop, PATIENCE_MS, give_up, NULL);
    while (!w.too_late && !c->closed && !(wanted && c->got.p && strstr(c->got.p, wanted)))
        loop_run(w.loop);
    timer_stop(&t);
    assert_false(w.too_late);
    if (wanted && !(c->got.p && strstr(c->got.p, wanted)))
        fail_msg("wanted \"%s\", got \"%s\"", wanted, c->got.p ? c->got.p : "");
}

/* Runs the loop until the count is reached. */
static void expect_count(const unsigned *count, unsigned wanted)
{
    for (unsigned tries = 0; *count < wanted && tries < PATIENCE_MS / 5; tries++)
        run_for(5);
    assert_int_equal(*count, wanted);
}

/* TCP segments with data that have reached this client. */
static unsigned segments_of(const struct client *c)
{
    struct tcp_info info = {0};
    socklen_t       len = sizeof info;

    assert_int_equal(getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
    return info.tcpi_data_segs_in;
}

/* ---- the promises ---- */

static void a_request_is_given_whole_and_answered(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    client_read(&c);
    say(&c, "POST /a%2Fb?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
    run_for(20);
    assert_int_equal(w.given, 0);
    say(&c, "llo");
    expect(&c, "POST /a%2Fb peer=127.0.0.1 body=hello multi=;");
    assert_non_null(strstr(c.got.p, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(c.got.p, "X-Test: yes\r\n"));
    assert_int_equal(w.given, 1);
    client_close(&c);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    client_read(&c);
    say(&c, "GET /late HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&c, "/two");
    assert_true(strstr(c.got.p, "late") < strstr(c.got.p, "/two"));
    client_close(&c);
}

static void repeated_headers_come_joined(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    client_read(&c);
    say(&c, "GET / HTTP/1.1\r\nHost: h\r\nX-Multi: one\r\nx-multi: two\r\n\r\n");
    expect(&c, "multi=one, two;");
    client_close(&c);
}

static void a_late_answer_needs_no_other_traffic(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    client_read(&c);
    say(&c, "GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&c, "late");
    client_close(&c);
}

static void a_client_that_leaves_is_noticed_and_told_once(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    say(&c, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_count(&w.given, 1);
    client_close(&c);
    expect_count(&w.ended, 1);
    assert_int_equal(w.gone, 1);
    assert_int_equal(http_open_connections(w.http), 0);
}

static void a_body_over_the_limit_is_told_as_too_long(void **state)
{
    (void)state;
    struct client c;
    char          body[201] = {0}, ask[400];

    memset(body, 'x', 200);
    snprintf(ask, sizeof ask, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200\r\n\r\n%s", body);
    client_open(&c);
    client_read(&c);
    say(&c, ask);
    expect(&c, "body=(too long)");
    client_close(&c);

    client_open(&c);
    client_read(&c);
    say(&c, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n");
    expect(&c, "body=(too long)");
    client_close(&c);

    client_open(&c);
    client_read(&c);
    say(&c, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n");
    body[80] = '\0';
    say(&c, body);
    say(&c, "\r\n0\r\n\r\n");
    expect(&c, "body=(too long)");
    client_close(&c);
}

static void a_longer_body_is_taken_where_it_may_be(void **state)
{
    (void)state;
    static const char head[] = "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%0*d";
    struct client     c;
    char              text[8192];

    client_open(&c);
    client_read(&c);
    str_format(text, sizeof text, head, "/import", 4096, 4096, 0);
    say(&c, text);
    expect(&c, "0000");
    str_format(text, sizeof text, head, "/import", 4097, 4097, 0);
    say(&c, text);
    expect(&c, "body=(too long)");
    client_close(&c);
    client_open(&c);
    client_read(&c);
    str_format(text, sizeof text, head, "/other", 65, 65, 0);
    say(&c, text);
    expect(&c, "body=(too long)");
    client_close(&c);
}

static void a_stream_begins_with_its_head_and_first_bytes_at_once(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    client_read(&c);
    say(&c, "GET /page HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&c, "/page");
    unsigned before = segments_of(&c);
    say(&c, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&c, "first;");
    assert_int_equal(segments_of(&c) - before, 1);
    http_stream_write(w.held, STR("second;"));
    expect(&c, "second;");
    http_stream_write(w.held, STR("third;"));
    http_stream_end(w.held);
    w.held = NULL;
    expect(&c, "third;\r\n0\r\n\r\n");
    say(&c, "GET /again HTTP/1.1\r\nHost: h\r\n\r\n"); /* the connection lives on */
    expect(&c, "/again");
    assert_int_equal(w.gone, 0);
    client_close(&c);
}

static void a_stream_whose_client_leaves_is_gone(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    client_read(&c);
    say(&c, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&c, "first;");
    client_close(&c);
    expect_count(&w.ended, 1);
    assert_int_equal(w.gone, 1);
}

static void a_stream_that_is_not_read_is_cut_off(void **state)
{
    (void)state;
    static char   much[32768];
    struct client c;

    memset(much, 'x', sizeof much);
    client_open(&c);
    say(&c, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_count(&w.given, 1);
    for (unsigned i = 0; i < 2000 && w.held; i++) {
        http_stream_write(w.held, (struct str){much, sizeof much});
        run_for(0);
    }
    assert_int_equal(w.gone, 1);
    expect_count(&w.ended, 1);
    client_close(&c);
}

static void a_stream_tells_when_all_of_it_was_taken(void **state)
{
    (void)state;
    static char   much[65536];
    struct client c;

    memset(much, 'x', sizeof much);
    client_open(&c);
    say(&c, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_count(&w.drained, 1);
    for (unsigned told = w.drained, writes = 0; told == w.drained; told++, writes++) {
        assert_true(writes < 1000); /* the kernel keeps so much, and then waits for the client */
        http_stream_write(w.held, (struct str){much, sizeof much});
        run_for(50);
    }
    unsigned before = w.drained;
    client_read(&c);
    expect_count(&w.drained, before + 1);
    assert_int_equal(w.gone, 0);
    client_close(&c);
}

static void a_stream_that_is_cut_is_seen_to_be_broken_off(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    client_read(&c);
    say(&c, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&c, "first;");
    http_stream_abort(w.held);
    expect_count(&w.ended, 1);
    assert_int_equal(w.gone, 1);
    assert_null(strstr(c.got.p, "\r\n0\r\n"));
    client_close(&c);
}

static void slow_heads_and_bodies_are_cut(void **state)
{
    (void)state;
    static const char *const slow[] = {
        "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\nab"};

    for (unsigned i = 0; i < COUNT_OF(slow); i++) {
        struct client c;
        uint64_t      start = clock_ms();
        client_open(&c);
        client_read(&c);
        say(&c, slow[i]);
        while (!c.closed && clock_ms() - start < PATIENCE_MS) {
            run_for(50);
            send(c.fd, "x", 1, MSG_NOSIGNAL); /* never silent, never done */
        }
        assert_true(c.closed);
        client_close(&c);
    }
    assert_int_equal(w.given, 0);
}

static void a_slow_answer_is_not_cut(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    client_read(&c);
    say(&c, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&c, "first;");
    run_for(900); /* three times the deadline of a head */
    assert_non_null(w.held);
    http_stream_write(w.held, STR("second;"));
    expect(&c, "second;");
    client_close(&c);
}

static void connections_over_the_limit_wait_their_turn(void **state)
{
    (void)state;
    struct client many[9];

    for (unsigned i = 0; i < COUNT_OF(many); i++) {
        client_open(&many[i]);
        client_read(&many[i]);
    }
    for (unsigned i = 0; i < 8; i++) {
        say(&many[i], "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        expect(&many[i], "/x");
    }
    say(&many[8], "GET /ninth HTTP/1.1\r\nHost: h\r\n\r\n");
    run_for(20);
    assert_null(many[8].got.p);
    client_close(&many[0]);
    expect(&many[8], "/ninth");
    for (unsigned i = 1; i < COUNT_OF(many); i++)
        client_close(&many[i]);
}

static void malformed_requests_are_not_given(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "GET / HTTP/1.1\r\n\r\n", "GET  / x HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};

    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        struct client c;
        client_open(&c);
        client_read(&c);
        say(&c, bad[i]);
        expect(&c, NULL);
        client_close(&c);
    }
    assert_int_equal(w.given, 0);
}

static void requests_whose_end_is_ambiguous_are_refused(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "Host: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Host: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
        "Host: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
        "Host: h\r\nContent-Length: +5\r\n",
        "Host: h\r\nTransfer-Encoding: chunked, chunked\r\n",
        "Host: h\r\nTransfer-Encoding: identity\r\n",
        "Host: h\r\nTransfer-Encoding: xchunked\r\n",
        "Host: h\r\nHost: other\r\nContent-Length: 5\r\n",
    };

    for (unsigned i = 0; i < COUNT_OF(heads); i++) {
        struct client c;
        char          ask[256];
        snprintf(ask, sizeof ask, "POST /x HTTP/1.1\r\n%s\r\n0\r\n\r\nGET /y HTTP/1.1\r\n",
                 heads[i]);
        client_open(&c);
        client_read(&c);
        say(&c, ask);
        expect(&c, NULL);
        if (c.got.p && !strstr(c.got.p, " 400 "))
            fail_msg("%s: %s", heads[i], c.got.p);
        client_close(&c);
    }
    assert_int_equal(w.given, 0);
}

static void a_quiet_server_answers_what_it_has_and_takes_no_more(void **state)
{
    (void)state;
    struct client      c;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(w.http))};

    client_open(&c);
    client_read(&c);
    say(&c, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_count(&w.given, 1);
    http_quiesce(w.http);
    timer_start(&w.timer, w.loop, 0, reply_late, NULL); /* not before the server is quiet */
    expect(&c, "Connection: close");
    expect(&c, NULL);
    client_close(&c);

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), -1);
    close(fd);
}

/* Once a request that had been sent before the door closed was reset with its connection. */
static void who_knocked_before_the_door_closed_is_served(void **state)
{
    (void)state;
    struct client c;

    client_open(&c);
    say(&c, "POST /knock HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    http_quiesce(w.http); /* the server has not run since */
    client_read(&c);
    expect(&c, "POST /knock peer=127.0.0.1 body=hi");
    assert_non_null(strstr(c.got.p, "Connection: close"));
    expect(&c, NULL);
    client_close(&c);
}

static void quiet_connections_are_closed_and_those_with_a_word_are_not(void **state)
{
    (void)state;
    struct client fresh, used, busy, late;

    client_open(&fresh);
    client_open(&used);
    client_open(&busy);
    client_open(&late);
    client_read(&fresh);
    client_read(&used);
    client_read(&busy);
    client_read(&late);
    say(&used, "GET /used HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(&used, "/used");
    say(&late, "GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_count(&w.given, 2);
    say(&busy, "GET /busy HTTP/1.1\r\nHost: h\r\n\r\n");
    http_close_idle(w.http);
    expect(&fresh, NULL);
    expect(&used, NULL);
    expect(&busy, "/busy");
    expect(&late, "late");
    client_close(&fresh);
    client_close(&used);
    client_close(&busy);
    client_close(&late);
}

static void closing_tells_those_who_still_wait(void **state)
{
    (void)state;
    struct client a, b;

    client_open(&a);
    client_open(&b);
    say(&a, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_count(&w.given, 1);
    say(&b, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_count(&w.given, 2);
    http_close(&w.http);
    assert_int_equal(w.gone, 2);
    assert_int_equal(w.ended, 2);
    client_close(&a);
    client_close(&b);
}

static void a_taken_port_is_an_error(void **state)
{
    (void)state;
    struct http        *second = NULL;
    struct http_options o = {
        .address = "127.0.0.1", .port = http_port(w.http), .connections = 8, .head_ms = 1000};

    assert_int_equal(http_open(&second, w.loop, &o, &ops, NULL), ERR_DOWN);
    assert_null(second);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, open_patient, close_world)
#define TEST_SLOW(name) cmocka_unit_test_setup_teardown(name, open_impatient, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_given_whole_and_answered),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(repeated_headers_come_joined),
        TEST(a_late_answer_needs_no_other_traffic),
        TEST(a_client_that_leaves_is_noticed_and_told_once),
        TEST(a_body_over_the_limit_is_told_as_too_long),
        TEST(a_longer_body_is_taken_where_it_may_be),
        TEST(a_stream_begins_with_its_head_and_first_bytes_at_once),
        TEST(a_stream_whose_client_leaves_is_gone),
        TEST(a_stream_that_is_not_read_is_cut_off),
        TEST(a_stream_tells_when_all_of_it_was_taken),
        TEST(a_stream_that_is_cut_is_seen_to_be_broken_off),
        TEST_SLOW(slow_heads_and_bodies_are_cut),
        TEST_SLOW(a_slow_answer_is_not_cut),
        TEST(connections_over_the_limit_wait_their_turn),
        TEST(malformed_requests_are_not_given),
        TEST(requests_whose_end_is_ambiguous_are_refused),
        TEST(a_quiet_server_answers_what_it_has_and_takes_no_more),
        TEST(who_knocked_before_the_door_closed_is_served),
        TEST(quiet_connections_are_closed_and_those_with_a_word_are_not),
        TEST(closing_tells_those_who_still_wait),
        TEST(a_taken_port_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
