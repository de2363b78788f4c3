/* The server: libmicrohttpd with its epoll set inside the loop's.
 *
 * In this mode (no thread of its own) libmicrohttpd 0.9.75 needs help:
 *  - MHD_resume_connection does not make its epoll descriptor readable, so MHD_run must be called
 *    after it. A resume costs a walk over all suspended connections, whether one or many are
 * resumed; so requests gather in `wakes`, and one pump resumes them all.
 *  - At the connection limit it removes its listening socket from the epoll set and only adds it in
 * a later MHD_run than the one that freed a connection. So every closed connection asks for another
 *    MHD_run.
 *  - Its time-out only sees inactivity; a client that sends a byte now and then would never be cut
 *    off. Hence struct http_deadlines.
 *  - It must not be stopped while connections are suspended. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/http_internal.h"

#define MEMORY    16384 /* per connection: request headers of 7 KiB and those of the reply */
#define TICKS     20    /* checks of deadlines within the deadline of request headers */
#define RUNS_MAX  16    /* of MHD_run before other handlers of the loop run */
#define DRAIN_MAX (1024 * 1024) /* bytes; the connection of a longer body is closed unread */

/* ---- running libmicrohttpd ---- */

static void pump(struct http *h);

static void on_kick(void *ctx)
{
    pump(ctx);
}

static void on_soon(void *ctx)
{
    pump(ctx);
}

static void pump_soon(struct http *h)
{
    if (!h->pumping) /* the pump reads the list again anyway */
        deferred_call_start(&h->soon, h->loop, on_soon, h);
}

static void go_on_all(struct http *h)
{
    struct http_request *rq;

    while ((rq = TAILQ_FIRST(&h->wakes))) {
        TAILQ_REMOVE(&h->wakes, rq, wake_link);
        rq->is_waking = false;
        http_request_go_on(rq);
    }
}

static bool wants_run(struct http *h)
{
    unsigned long long ms;

    return h->again || !TAILQ_EMPTY(&h->wakes) ||
           (MHD_get_timeout(h->daemon, &ms) == MHD_YES && ms == 0);
}

static void pump(struct http *h)
{
    unsigned runs = 0;

    must(!h->pumping);
    h->pumping = true;
    deferred_call_stop(&h->soon);
    do {
        h->again = false;
        go_on_all(h);
        MHD_run(h->daemon);
    } while (wants_run(h) && ++runs < RUNS_MAX);
    h->pumping = false;
    if (runs == RUNS_MAX)
        timer_start(&h->kick, h->loop, 0, on_kick, h);
}

static void on_mhd(void *ctx, uint32_t events)
{
    (void)events;
    pump(ctx);
}

static void on_tick(void *ctx)
{
    struct http *h = ctx;

    http_deadlines_expire(&h->head);
    http_deadlines_expire(&h->body);
    http_deadlines_expire(&h->idle);
    pump(h);
    if (h->conns)
        timer_start(&h->tick, h->loop, h->head.ms / TICKS, on_tick, h);
}

/* ---- callbacks of libmicrohttpd ---- */

static void name_peer(struct http_conn *c, const struct sockaddr *at)
{
    if (at->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)at)->sin_addr, c->peer,
                  sizeof c->peer);
        return;
    }
    const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(a))
        inet_ntop(AF_INET, a->s6_addr + 12, c->peer, sizeof c->peer);
    else
        inet_ntop(AF_INET6, a, c->peer, sizeof c->peer);
}

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **slot,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http      *h = ctx;
    struct http_conn *c = *slot;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *slot = c = mem_new(sizeof *c);
        c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        name_peer(c, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
        http_deadline_set(c, &h->head);
        if (h->conns++ == 0)
            timer_start(&h->tick, h->loop, h->head.ms / TICKS, on_tick, h);
        return;
    }
    http_deadline_set(c, NULL);
    free(c);
    *slot = NULL;
    h->conns--;
    h->again = true;
}

/* The request line has arrived: from now on the deadline of the headers applies. */
static void *on_first_line(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
    struct http      *h = ctx;
    struct http_conn *c =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

    (void)uri;
    if (c->deadlines == &h->idle)
        http_deadline_set(c, &h->head);
    return NULL;
}

/* A proxy and this server might disagree about where such a request ends, which allows request
 * smuggling. */
static bool is_ambiguous(struct http_request *rq)
{
    struct str length = http_header(rq, "Content-Length"), host = http_header(rq, "Host");
    struct str coding = http_header(rq, "Transfer-Encoding");

    return (length.p && coding.p) || (coding.p && strcasecmp(coding.p, "chunked") != 0) ||
           (length.p && length.p[strspn(length.p, "0123456789")]) ||
           (host.p && strchr(host.p, ','));
}

static enum MHD_Result begin(struct http *h, struct http_request *rq)
{
    struct str length = http_header(rq, "Content-Length");

    http_deadline_set(rq->conn, &h->body);
    if (is_ambiguous(rq)) {
        http_request_refuse(rq, MHD_HTTP_BAD_REQUEST);
    } else if (length.p && strtoull(length.p, NULL, 10) > DRAIN_MAX) {
        rq->too_long = true;
        http_request_give(rq);
    }
    return MHD_YES;
}

static enum MHD_Result on_handler(void *ctx, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot)
{
    struct http         *h = ctx;
    struct http_request *rq = *slot;

    (void)version;
    if (!rq) {
        *slot = rq = http_request_new(h, mhd, method, url);
        return begin(h, rq);
    }
    if (*upload_size) {
        http_request_take_body(rq, upload, *upload_size);
        *upload_size = 0;
        return rq->body_seen <= DRAIN_MAX ? MHD_YES : MHD_NO;
    }
    http_deadline_set(rq->conn, NULL);
    http_request_give(rq);
    return MHD_YES;
}

static void on_completed(void *ctx, struct MHD_Connection *mhd, void **slot,
                         enum MHD_RequestTerminationCode how)
{
    struct http         *h = ctx;
    struct http_request *rq = *slot;

    (void)mhd;
    (void)how;
    *slot = NULL;
    if (!rq) {
        metric_add(METRIC_HTTP_REFUSED, 1);
        return;
    }
    http_deadline_set(rq->conn, &h->idle);
    if (rq->is_given) {
        rq->is_given = false;
        h->ops->on_gone(h->ctx, rq);
    }
    h->ops->on_end(h->ctx, rq);
    http_request_free(&rq);
}

/* libmicrohttpd logs every client that leaves early: log at most one line a second, with the number
 * of lines left out. */
__attribute__((format(printf, 2, 0))) static void on_log(void *ctx, const char *format,
                                                         va_list args)
{
    static uint64_t last;
    static unsigned left_out;
    struct buf      text = {0};

    (void)ctx;
    if (clock_ms() - last < 1000) {
        left_out++;
        return;
    }
    last = clock_ms();
    buf_vprint(&text, format, args);
    log_info(0, "http.library", "left_out=%u text=%s", left_out, log_quote(buf_view(&text)));
    buf_fini(&text);
    left_out = 0;
}

/* Paths and queries stay as sent: no name of ours needs percent-encoding. */
static size_t leave_escaped(void *ctx, struct MHD_Connection *mhd, char *text)
{
    (void)ctx;
    (void)mhd;
    return strlen(text);
}

/* ---- open and close ---- */

#if MHD_VERSION >= 0x00097601
#define STRICT MHD_OPTION_CLIENT_DISCIPLINE_LVL
#else
#define STRICT MHD_OPTION_STRICT_FOR_CLIENT
#endif

static enum err start(struct http *h, const struct http_options *o)
{
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_handler, h,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, /* first, so that it logs errors of the others */
        MHD_OPTION_LISTEN_SOCKET, h->listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_URI_LOG_CALLBACK, on_first_line,
        h, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_CONNECTION_LIMIT,
        http_listen_limit(o->connections), MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(o->idle_ms / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, STRICT,
        1, MHD_OPTION_END);
    if (!h->daemon)
        return ERR_DOWN;
    h->listen_fd = -1; /* now owned by libmicrohttpd */
    int epoll = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    watch_start(&h->on_mhd, h->loop, epoll, EPOLLIN, on_mhd, h);
    pump(h); /* only MHD_run puts the listening socket into the epoll set */
    return ERR_OK;
}

enum err http_open(struct http **out, struct loop *l, const struct http_options *o,
                   const struct http_ops *ops, void *ctx)
{
    struct http *h = mem_new(sizeof *h);

    h->loop = l;
    h->ops = ops;
    h->ctx = ctx;
    h->pump_soon = pump_soon;
    h->body_max = o->body_max;
    h->unsent_max = o->unsent_max;
    TAILQ_INIT(&h->all);
    TAILQ_INIT(&h->wakes);
    http_deadlines_init(&h->head, o->head_ms);
    http_deadlines_init(&h->body, o->body_ms);
    http_deadlines_init(&h->idle, o->idle_ms);

    bool all = strcmp(o->address, "*") == 0;
    h->listen_fd = http_listen_at(all ? "::" : o->address, o->port);
    if (h->listen_fd < 0 && all && errno == EAFNOSUPPORT) /* no IPv6 on this host */
        h->listen_fd = http_listen_at("0.0.0.0", o->port);
    if (h->listen_fd < 0) {
        log_error(0, "http.cannot_listen", "address=%s port=%u why=%s", o->address, o->port,
                  log_quote(str_of(strerror(errno))));
        goto fail;
    }
    h->port = http_listen_port(h->listen_fd);
    if (start(h, o) != ERR_OK)
        goto fail;
    *out = h;
    return ERR_OK;

fail:
    http_close(&h);
    return ERR_DOWN;
}

static void cut_off_all(struct http *h)
{
    struct http_request *rq;

    TAILQ_FOREACH (rq, &h->all, link)
        if (rq->is_given || rq->status)
            http_request_lose(rq);
    pump(h);
}

void http_close(struct http **http)
{
    struct http *h = *http;

    if (!h)
        return;
    if (h->daemon) {
        cut_off_all(h);
        watch_stop(&h->on_mhd);
        MHD_stop_daemon(h->daemon); /* calls on_connection for each one */
    } else if (h->listen_fd >= 0) {
        close(h->listen_fd);
    }
    must(h->requests == 0 && h->conns == 0);
    timer_stop(&h->tick);
    timer_stop(&h->kick);
    deferred_call_stop(&h->soon);
    free(h);
    *http = NULL;
}

unsigned http_port(const struct http *h)
{
    return h->port;
}

unsigned http_open_connections(const struct http *h)
{
    return h->conns;
}

/* ---- draining ---- */

/* Closing the listening socket would reset the connections in its backlog, which may have sent
 * requests already. So accept them first. */
static void take_backlog(struct http *h, int fd)
{
    struct sockaddr_storage at;
    socklen_t               len = sizeof at;
    int                     client;

    while ((client = accept4(fd, (struct sockaddr *)&at, &len, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
           0) {
        /* At the connection limit this closes the client and returns MHD_NO. */
        if (MHD_add_connection(h->daemon, client, (struct sockaddr *)&at, len) != MHD_YES)
            metric_add(METRIC_HTTP_REFUSED, 1);
        len = sizeof at;
    }
}

void http_quiesce(struct http *h)
{
    MHD_socket fd = MHD_quiesce_daemon(h->daemon);

    h->draining = true;
    if (fd == MHD_INVALID_SOCKET)
        return;
    take_backlog(h, fd);
    close(fd);
    pump_soon(h);
}

void http_close_idle(struct http *h)
{
    http_deadlines_close_idle(&h->head);
    http_deadlines_close_idle(&h->idle);
}
