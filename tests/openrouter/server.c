/* libmicrohttpd in an epoll loop of our own.
 *
 * What version 0.9.75 requires of this file:
 *  - in external mode nothing happens outside MHD_run: resumed connections
 *    move only there, so every iteration of the loop ends with pump();
 *  - the first MHD_run must come before the first wait: it arms the listener;
 *  - at the connection limit the listener comes back only in a later MHD_run
 *    than the one that closed a connection, so a close asks for one more;
 *  - a daemon must not be stopped while connections are suspended. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "exchange.h"
#include "server.h"

#define CONNECTION_MOST 15000u
#define POOL_SIZE       ((size_t)32768)
#define EVENTS_PER_WAIT 256

struct server {
    struct MHD_Daemon *daemon;
    int                epoll, daemon_fd, signals;
    struct exchanges   shared;
    uint64_t           peers; /* so far */
    bool               run_again, is_busy, is_stopping;
};

/* libmicrohttpd calls */

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *len, void **request)
{
    struct server   *s = context;
    struct exchange *x = *request;

    (void)version;
    if (!x) {
        struct peer *p =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        *request = exchange_open(&s->shared, p, connection, method, path);
        return MHD_YES;
    }
    if (!*len)
        return exchange_answer(x);
    exchange_body(x, bytes, *len);
    *len = 0;
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *request;

    (void)context;
    (void)connection;
    if (!x)
        return;
    *request = NULL;
    exchange_close(&x, code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "completed" : "peer closed");
}

static uint16_t port_of(struct MHD_Connection *connection)
{
    const struct sockaddr_in *peer = (const struct sockaddr_in *)MHD_get_connection_info(
                                         connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
                                         ->client_addr;
    return peer && peer->sin_family == AF_INET ? ntohs(peer->sin_port) : 0;
}

static struct peer *peer_new(struct server *s, struct MHD_Connection *connection)
{
    struct peer       *p = mem_new(sizeof *p);
    struct epoll_event watch = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = p};

    p->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    p->port = port_of(connection);
    p->number = ++s->peers;
    must(epoll_ctl(s->epoll, EPOLL_CTL_ADD, p->fd, &watch) == 0);
    return p;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *s = context;
    struct peer   *p = *socket;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket = peer_new(s, connection);
        return;
    }
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, p->fd, NULL);
    free(p);
    *socket = NULL;
    s->run_again = true;
}

/* the loop */

static void on_gone(struct peer *p)
{
    p->is_gone = true;
    if (p->exchange)
        exchange_stop(p->exchange, "peer closed");
}

static void pump(struct server *s)
{
    MHD_UNSIGNED_LONG_LONG wait;
    unsigned               turns = 0;

    do {
        s->run_again = false;
        MHD_run(s->daemon);
        s->is_busy = s->run_again || (MHD_get_timeout(s->daemon, &wait) == MHD_YES && wait == 0);
    } while (s->is_busy && ++turns < 16);
}

static void resume_due(struct server *s)
{
    struct exchange *x;
    uint64_t         now = clock_ms();

    while ((x = timer_queue_take(&s->shared.timers, now)))
        exchange_wake(x);
}

static void watch(struct server *s, int *fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
    must(epoll_ctl(s->epoll, EPOLL_CTL_ADD, *fd, &event) == 0);
}

/* No peer is freed between the wait and the pump, so an event's peer is alive. */
void server_run(struct server *s)
{
    struct epoll_event event[EVENTS_PER_WAIT];

    while (!s->is_stopping) {
        int wait = s->is_busy ? 0 : timer_queue_wait(&s->shared.timers, clock_ms());
        int count = epoll_wait(s->epoll, event, EVENTS_PER_WAIT, wait);
        for (int i = 0; i < count; i++) {
            if (event[i].data.ptr == &s->signals)
                s->is_stopping = true;
            else if (event[i].data.ptr != &s->daemon_fd)
                on_gone(event[i].data.ptr);
        }
        resume_due(s);
        pump(s);
    }
}

/* opening and closing */

static void raise_file_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int open_signals(void)
{
    sigset_t ends;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    return signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

static struct MHD_Daemon *start(struct server *s, const struct sockaddr_in *address)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, s,
                            MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_NOTIFY_COMPLETED,
                            on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
                            MHD_OPTION_CONNECTION_LIMIT, CONNECTION_MOST,
                            MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096u,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL_SIZE, MHD_OPTION_END);
}

struct server *server_open(const char *address, uint16_t port, struct upstream *u,
                           struct journal *j)
{
    struct server     *s = mem_new(sizeof *s);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

    s->shared.upstream = u;
    s->shared.journal = j;
    raise_file_limit();
    s->signals = open_signals();
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    must(s->signals >= 0 && s->epoll >= 0);
    errno = EINVAL;
    if (inet_pton(AF_INET, address, &in.sin_addr) == 1)
        s->daemon = start(s, &in);
    if (!s->daemon) {
        server_close(&s);
        return NULL;
    }
    s->daemon_fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    watch(s, &s->daemon_fd);
    watch(s, &s->signals);
    pump(s);
    return s;
}

uint16_t server_port(const struct server *s)
{
    return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void server_close(struct server **s)
{
    int why = errno;

    if (!*s)
        return;
    if ((*s)->daemon) {
        exchanges_stop(&(*s)->shared, "shutdown");
        pump(*s);
        MHD_stop_daemon((*s)->daemon);
    }
    close((*s)->epoll);
    close((*s)->signals);
    timer_queue_fini(&(*s)->shared.timers);
    free(*s);
    *s = NULL;
    errno = why;
}
