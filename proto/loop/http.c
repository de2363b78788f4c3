/* The server: libmicrohttpd with its epoll set inside the loop's.
 *
 * In this mode (no thread of its own) libmicrohttpd needs some help:
 *  - MHD_resume_connection does not make its epoll descriptor readable, so
 *    whoever resumes must also call MHD_run.  Here everything that is to be
 *    resumed gathers in `wakes` and one pump serves it all; a resume costs a
 *    walk over all suspended connections, a batch costs one walk too.
 *  - At the connection limit it takes its listening socket out of the epoll
 *    set and puts it back only in a later MHD_run than the one that freed a
 *    connection.  So each closed connection asks for one more.
 *  - Its time-out sees only silence; a client that sends a byte now and then
 *    would stay for ever.  Hence the deadlines of struct patience.
 *  - It must not be stopped while connections are suspended. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/http_internal.h"

#define BACKLOG      4096
#define MEMORY       16384 /* of a connection; a head of 7 KiB passes with room for the reply's */
#define TICKS        20    /* looks at the clocks within the deadline of a head */
#define ROUNDS       16    /* of MHD_run before others get their turn */
#define DRAIN_MAX    (1024 * 1024) /* a longer body is not even read to its end */
#define DEAD_PEER_MS 30000         /* sent bytes without any acknowledgement */
#define SPARE_FILES  128           /* descriptors that are left to the rest of the process */

/* ---- deadlines of connections ---- */

static void be_patient(struct http_conn *c, struct patience *p)
{
    if (c->patience)
        TAILQ_REMOVE(&c->patience->waiting, c, link);
    c->patience = p;
    if (!p)
        return;
    c->due = clock_ms() + p->ms;
    TAILQ_INSERT_TAIL(&p->waiting, c, link);
}

static void cut_overdue(struct patience *p)
{
    struct http_conn *c;
    uint64_t          now = clock_ms();

    while ((c = TAILQ_FIRST(&p->waiting)) && c->due <= now) {
        be_patient(c, NULL);
        shutdown(c->fd, SHUT_RDWR); /* libmicrohttpd sees that and closes */
    }
}

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

void http_pump_soon(struct http *h)
{
    if (!h->pumping) /* the pump looks at the list again by itself */
        deferred_call_start(&h->soon, h->loop, on_soon, h);
}

static void go_on_all(struct http *h)
{
    struct http_request *rq;

    while ((rq = TAILQ_FIRST(&h->wakes))) {
        TAILQ_REMOVE(&h->wakes, rq, wake_link);
        rq->is_waking = false;
        request_go_on(rq);
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
    unsigned rounds = 0;

    must(!h->pumping);
    h->pumping = true;
    deferred_call_stop(&h->soon);
    do {
        h->again = false;
        go_on_all(h);
        MHD_run(h->daemon);
    } while (wants_run(h) && ++rounds < ROUNDS);
    h->pumping = false;
    if (rounds == ROUNDS)
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

    cut_overdue(&h->head);
    cut_overdue(&h->body);
    cut_overdue(&h->idle);
    pump(h);
    if (h->conns)
        timer_start(&h->tick, h->loop, h->head.ms / TICKS, on_tick, h);
}

/* ---- what libmicrohttpd tells ---- */

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
        be_patient(c, &h->head);
        if (h->conns++ == 0)
            timer_start(&h->tick, h->loop, h->head.ms / TICKS, on_tick, h);
        return;
    }
    be_patient(c, NULL);
    free(c);
    *slot = NULL;
    h->conns--;
    h->again = true;
}

/* The first line of a request is there; from now on it may take as long as a head may. */
static void *on_first_line(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
    struct http      *h = ctx;
    struct http_conn *c =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

    (void)uri;
    if (c->patience == &h->idle)
        be_patient(c, &h->head);
    return NULL;
}

/* Two servers in a row that find the end of such a request at different places
 * could be made to take one request for two. */
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

    be_patient(rq->conn, &h->body);
    if (is_ambiguous(rq)) {
        request_refuse(rq, MHD_HTTP_BAD_REQUEST);
    } else if (length.p && strtoull(length.p, NULL, 10) > DRAIN_MAX) {
        rq->too_long = true;
        request_give(rq);
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
        *slot = rq = request_new(h, mhd, method, url);
        return begin(h, rq);
    }
    if (*upload_size) {
        request_take_body(rq, upload, *upload_size);
        *upload_size = 0;
        return rq->body_seen <= DRAIN_MAX ? MHD_YES : MHD_NO;
    }
    be_patient(rq->conn, NULL);
    request_give(rq);
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
    be_patient(rq->conn, &h->idle);
    if (rq->is_given) {
        rq->is_given = false;
        h->ops->on_gone(h->ctx, rq);
    }
    h->ops->on_end(h->ctx, rq);
    request_free(rq);
}

/* A line per client that leaves early is too many: one a second, with the number left out. */
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

/* Paths and queries stay as they were sent; what is encoded in them names nothing of ours. */
static size_t leave_escaped(void *ctx, struct MHD_Connection *mhd, char *text)
{
    (void)ctx;
    (void)mhd;
    return strlen(text);
}

/* ---- listening ---- */

static bool parse_address(const char *text, unsigned port, struct sockaddr_storage *out,
                          socklen_t *len)
{
    struct sockaddr_in6 *six = (void *)out;
    struct sockaddr_in  *four = (void *)out;

    *out = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        *len = sizeof *four;
        return true;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    *len = sizeof *six;
    return inet_pton(AF_INET6, text, &six->sin6_addr) == 1;
}

static int listen_at(const char *address, unsigned port)
{
    struct sockaddr_storage at;
    socklen_t               len;
    int                     on = 1, off = 0;
    unsigned                dead = DEAD_PEER_MS;

    if (!parse_address(address, port, &at, &len)) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    /* Both are inherited by the connections. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof dead);
    if (bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static unsigned port_of(int fd)
{
    struct sockaddr_in6 at;
    socklen_t           len = sizeof at;

    must(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    return ntohs(at.sin6_port); /* at the same place in both families */
}

static unsigned fit_to_files(unsigned connections)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY ||
        files.rlim_cur >= connections + SPARE_FILES)
        return connections;
    unsigned fitting =
        files.rlim_cur > 2 * SPARE_FILES ? (unsigned)files.rlim_cur - SPARE_FILES : SPARE_FILES;
    log_warn(0, "http.few_files", "connections=%u wanted=%u open_files=%llu", fitting, connections,
             (unsigned long long)files.rlim_cur);
    return fitting;
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
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, /* first, so that it hears of the others */
        MHD_OPTION_LISTEN_SOCKET, h->listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_URI_LOG_CALLBACK, on_first_line,
        h, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_CONNECTION_LIMIT,
        fit_to_files(o->connections), MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(o->idle_ms / 1000),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, STRICT, 1, MHD_OPTION_END);
    if (!h->daemon)
        return ERR_DOWN;
    h->listen_fd = -1; /* it is libmicrohttpd's now */
    int epoll = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    watch_start(&h->on_mhd, h->loop, epoll, EPOLLIN, on_mhd, h);
    pump(h); /* only MHD_run puts the listening socket into the epoll set */
    return ERR_OK;
}

static void patience_init(struct patience *p, uint64_t ms)
{
    p->ms = ms;
    TAILQ_INIT(&p->waiting);
}

enum err http_open(struct http **out, struct loop *l, const struct http_options *o,
                   const struct http_ops *ops, void *ctx)
{
    struct http *h = mem_new(sizeof *h);

    h->loop = l;
    h->ops = ops;
    h->ctx = ctx;
    h->body_max = o->body_max;
    h->unsent_max = o->unsent_max;
    TAILQ_INIT(&h->all);
    TAILQ_INIT(&h->wakes);
    patience_init(&h->head, o->head_ms);
    patience_init(&h->body, o->body_ms);
    patience_init(&h->idle, o->idle_ms);

    bool all = strcmp(o->address, "*") == 0;
    h->listen_fd = listen_at(all ? "::" : o->address, o->port);
    if (h->listen_fd < 0 && all && errno == EAFNOSUPPORT) /* a host without IPv6 */
        h->listen_fd = listen_at("0.0.0.0", o->port);
    if (h->listen_fd < 0) {
        log_error(0, "http.cannot_listen", "address=%s port=%u why=%s", o->address, o->port,
                  log_quote(str_of(strerror(errno))));
        goto fail;
    }
    h->port = port_of(h->listen_fd);
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
            request_lose(rq);
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
        MHD_stop_daemon(h->daemon); /* tells of each connection that it is closed */
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

/* ---- taking leave ---- */

/* Closing a listening socket resets whoever waits in its backlog, and with them
 * the requests they have sent already. */
static void take_backlog(struct http *h, int fd)
{
    struct sockaddr_storage at;
    socklen_t               len = sizeof at;
    int                     client;

    while ((client = accept4(fd, (struct sockaddr *)&at, &len, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
           0) {
        /* At the limit of connections it closes this one, and says so. */
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
    http_pump_soon(h);
}

static void close_quiet(const struct patience *p)
{
    struct http_conn *c;
    int               unread;

    TAILQ_FOREACH (c, &p->waiting, link)
        if (ioctl(c->fd, FIONREAD, &unread) == 0 && !unread)
            shutdown(c->fd, SHUT_RDWR); /* libmicrohttpd sees that and closes */
}

void http_close_idle(struct http *h)
{
    close_quiet(&h->head);
    close_quiet(&h->idle);
}
