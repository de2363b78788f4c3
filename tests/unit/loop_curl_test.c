/* What loop_curl promises, against a real HTTP server in a thread of its own. */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/str.h"
#include "loop/curl.h"
#include "test.h"

#define ANSWER "hello from the other side"

struct world {
    struct MHD_Daemon *server;
    atomic_uint        connections; /* the server saw */
    char               url[64];
    struct loop       *loop;
    struct loop_curl  *curl;
};

static struct world w;

static enum MHD_Result serve(void *ctx, struct MHD_Connection *con, const char *url,
                             const char *method, const char *version, const char *body,
                             size_t *body_len, void **request)
{
    (void)ctx, (void)url, (void)method, (void)version, (void)body, (void)body_len;
    if (!*request) { /* an answer to the first call would close the connection */
        *request = con;
        return MHD_YES;
    }
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(ANSWER), ANSWER, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(con, 200, r);
    MHD_destroy_response(r);
    return queued;
}

static void on_connection(void *ctx, struct MHD_Connection *con, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)ctx, (void)con, (void)socket_ctx;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        w.connections++;
}

static int open_world(void **state)
{
    (void)state;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    w = (struct world){.loop = loop_new()};
    w.curl = loop_curl_new(w.loop, 8);
    w.server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, serve, NULL,
                                MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_NOTIFY_CONNECTION,
                                on_connection, NULL, MHD_OPTION_END);
    assert_non_null(w.server);
    str_format(w.url, sizeof w.url, "http://127.0.0.1:%u",
               MHD_get_daemon_info(w.server, MHD_DAEMON_INFO_BIND_PORT)->port);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    loop_curl_free(&w.curl);
    MHD_stop_daemon(w.server);
    loop_free(&w.loop);
    return 0;
}

struct get {
    struct curl_call call;
    struct buf       body;
    CURLcode         result;
    unsigned         ends;
    unsigned         again; /* start anew so often from done */
};

static unsigned running;

static size_t write_body(char *bytes, size_t one, size_t len, void *ctx)
{
    struct get *g = ctx;

    buf_add(&g->body, bytes, one * len);
    return one * len;
}

static void get_done(void *ctx, CURLcode result)
{
    struct get *g = ctx;

    g->result = result;
    g->ends++;
    if (g->again) {
        g->again--;
        loop_curl_start(w.curl, &g->call, g->call.easy, get_done, g);
        return;
    }
    curl_easy_cleanup(g->call.easy);
    if (--running == 0)
        loop_quit(w.loop);
}

static void get_start(struct get *g)
{
    CURL *easy = curl_easy_init();

    curl_easy_setopt(easy, CURLOPT_URL, w.url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, g);
    running++;
    loop_curl_start(w.curl, &g->call, easy, get_done, g);
}

static void many_at_once_all_end(void **state)
{
    (void)state;
    static struct get gets[40];

    for (unsigned i = 0; i < COUNT_OF(gets); i++)
        get_start(&gets[i]);
    loop_run(w.loop);
    for (unsigned i = 0; i < COUNT_OF(gets); i++) {
        assert_int_equal(gets[i].ends, 1);
        assert_int_equal(gets[i].result, CURLE_OK);
        assert_string_equal(gets[i].body.p, ANSWER);
        buf_fini(&gets[i].body);
    }
}

static void done_may_start_the_next_and_the_connection_is_kept(void **state)
{
    (void)state;
    struct get g = {.again = 9};

    get_start(&g);
    loop_run(w.loop);
    assert_int_equal(g.ends, 10);
    assert_int_equal(g.body.len, 10 * strlen(ANSWER));
    assert_int_equal(w.connections, 1);
    buf_fini(&g.body);
}

static void a_refused_connection_is_told(void **state)
{
    (void)state;
    struct get g = {0};

    str_format(w.url, sizeof w.url, "http://127.0.0.1:1");
    get_start(&g);
    loop_run(w.loop);
    assert_int_equal(g.result, CURLE_COULDNT_CONNECT);
}

/* A server that takes the request and never answers. */
struct mute {
    int          listener, client;
    struct watch on_client;
    struct watch on_listener;
    struct get  *get;
    bool         closed;
};

static void mute_reads(void *ctx, uint32_t events)
{
    struct mute *m = ctx;
    char         bytes[1024];

    (void)events;
    if (read(m->client, bytes, sizeof bytes) > 0) {
        loop_curl_stop(&m->get->call);
        return;
    }
    m->closed = true;
    loop_quit(w.loop);
}

static void mute_accepts(void *ctx, uint32_t events)
{
    struct mute *m = ctx;

    (void)events;
    m->client = accept(m->listener, NULL, NULL);
    watch_stop(&m->on_listener);
    watch_start(&m->on_client, w.loop, m->client, EPOLLIN, mute_reads, m);
}

static void stopping_closes_the_connection_without_done(void **state)
{
    (void)state;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          len = sizeof here;
    struct get         g = {0};
    struct mute        m = {.get = &g, .listener = socket(AF_INET, SOCK_STREAM, 0)};

    assert_int_equal(bind(m.listener, (struct sockaddr *)&here, len), 0);
    assert_int_equal(listen(m.listener, 1), 0);
    assert_int_equal(getsockname(m.listener, (struct sockaddr *)&here, &len), 0);
    str_format(w.url, sizeof w.url, "http://127.0.0.1:%u", ntohs(here.sin_port));
    watch_start(&m.on_listener, w.loop, m.listener, EPOLLIN, mute_accepts, &m);
    get_start(&g);
    loop_run(w.loop);
    assert_true(m.closed);
    assert_int_equal(g.ends, 0);
    watch_stop(&m.on_client);
    close(m.client);
    close(m.listener);
    curl_easy_cleanup(g.call.easy);
    running = 0;
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(many_at_once_all_end),
        IN_A_WORLD(done_may_start_the_next_and_the_connection_is_kept),
        IN_A_WORLD(a_refused_connection_is_told),
        IN_A_WORLD(stopping_closes_the_connection_without_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
