/* libmicrohttpd in an epoll loop of our own.
 *
 * What its version 0.9.75 wants, and what this file therefore does:
 *  - in external mode nothing happens outside MHD_run: resumed connections
 *    move only there, so every turn of the loop ends with pump();
 *  - the first MHD_run must come before the first wait: it arms the listener;
 *  - at the connection limit the listener comes back only in a later MHD_run
 *    than the one that closed a connection, so a close asks for one more;
 *  - a daemon must not be stopped while connections are suspended. */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "pace.h"
#include "server.h"

#define BODY_MOST       (4u << 20)
#define CONNECTION_MOST 15000u
#define POOL_SIZE       ((size_t)32768)
#define EVENTS_PER_WAIT 256

/* One request and its answer. */
struct exchange {
    LIST_ENTRY(exchange) all;
    struct server         *server;     /* borrowed */
    struct peer           *peer;       /* borrowed */
    struct MHD_Connection *connection; /* borrowed */
    uint64_t               number, since_ms, over_ms;
    char                  *method, *path; /* owned */
    struct buf             body;
    struct reply           reply;
    struct str             piece; /* what is left of it, in the play */
    struct due             due;
    uint64_t               bytes;
    bool                   is_whole, is_too_long, is_parked;
    const char            *end; /* why it is over, as the journal says; NULL: it is not */
};

/* One connection. */
struct peer {
    int              fd;
    uint16_t         port;
    uint64_t         number, requests;
    bool             is_gone;
    struct exchange *exchange; /* borrowed; NULL between requests */
};

struct server {
    struct MHD_Daemon *daemon;
    int                epoll, daemon_fd, signals;
    struct upstream   *upstream; /* borrowed */
    struct journal    *journal;  /* borrowed */
    struct pace        pace;
    LIST_HEAD(, exchange) exchanges;
    uint64_t peers, requests;
    bool     run_again, is_busy, is_stopping;
};

/* the journal */

static enum MHD_Result add_header(void *headers, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    char lower[64];

    (void)kind;
    if (!value || !str_format(lower, sizeof lower, "%s", name))
        return MHD_YES;
    for (char *p = lower; *p; p++)
        *p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
    json_object_set_new(headers, lower, json_string(value));
    return MHD_YES;
}

static void write_request(struct exchange *x, json_t *body)
{
    char at[CLOCK_ISO_SIZE];

    if (!journal_is_on(x->server->journal))
        return;
    json_t *headers = json_object();
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, add_header, headers);
    clock_iso(wall_ms(), at);
    journal_write(x->server->journal,
                  json_pack("{s:s, s:I, s:s, s:I, s:I, s:i, s:s, s:s, s:o, s:I, s:O?}", "event",
                            "request", "request", (json_int_t)x->number, "at", at, "connection",
                            (json_int_t)x->peer->number, "nth", (json_int_t)x->peer->requests,
                            "peer_port", (int)x->peer->port, "method", x->method, "path", x->path,
                            "headers", headers, "bytes", (json_int_t)x->body.len, "body", body));
}

static void write_end(struct exchange *x)
{
    const struct answer *a = x->reply.play ? play_answer(x->reply.play) : NULL;

    if (!journal_is_on(x->server->journal))
        return;
    journal_write(x->server->journal,
                  json_pack("{s:s, s:I, s:I, s:i, s:s?, s:s, s:I, s:I, s:i, s:s?}", "event", "end",
                            "request", (json_int_t)x->number, "connection",
                            (json_int_t)x->peer->number, "status", (int)x->reply.status, "scenario",
                            x->reply.scenario, "end", x->end, "ms",
                            (json_int_t)(x->over_ms - x->since_ms), "bytes", (json_int_t)x->bytes,
                            "tokens", a ? (int)a->tokens : 0, "generation", a ? a->id : NULL));
}

/* waiting */

static void end(struct exchange *x, const char *why)
{
    if (x->end)
        return;
    x->end = why;
    x->over_ms = now_ms();
}

static void resume(struct exchange *x)
{
    pace_drop(&x->server->pace, &x->due);
    if (!x->is_parked)
        return;
    x->is_parked = false;
    MHD_resume_connection(x->connection);
}

static void park(struct exchange *x)
{
    x->is_parked = true;
    MHD_suspend_connection(x->connection);
}

static void on_gone(struct peer *p)
{
    p->is_gone = true;
    if (!p->exchange)
        return;
    end(p->exchange, "peer closed");
    resume(p->exchange);
}

/* answers */

/* Linux sends an RST when a connected socket is connected to nothing.  Lingering
 * for no time would not do: libmicrohttpd shuts down before it closes. */
static void reset_connection(const struct peer *p)
{
    struct sockaddr nothing = {.sa_family = AF_UNSPEC};
    must(connect(p->fd, &nothing, sizeof nothing) == 0);
}

static ssize_t give_up(struct exchange *x, const char *why)
{
    end(x, why);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* Fetches the next piece when there is none; 0: it is here, or it is waited for. */
static ssize_t fetch(struct exchange *x)
{
    unsigned wait = 0;

    switch (play_next(x->reply.play, &x->piece, &wait)) {
    case PLAY_PIECE:
        if (wait && !x->peer->is_gone) {
            pace_add(&x->server->pace, &x->due, now_ms() + wait);
            park(x);
        }
        return 0;
    case PLAY_END:
        return MHD_CONTENT_READER_END_OF_STREAM;
    case PLAY_HANG:
        if (!x->peer->is_gone)
            park(x);
        return 0;
    case PLAY_CUT:
        return give_up(x, "cut");
    case PLAY_RESET:
        reset_connection(x->peer);
        return give_up(x, "reset");
    }
    return give_up(x, "cut");
}

/* libmicrohttpd asks for bytes.  Giving none without a suspended connection
 * would make it ask again at once, for ever. */
static ssize_t on_read(void *context, uint64_t position, char *to, size_t room)
{
    struct exchange *x = context;

    (void)position;
    if (!x->end && !x->piece.len) {
        ssize_t done = fetch(x);
        if (done || x->is_parked)
            return done;
    }
    if (x->end || !x->piece.len)
        return give_up(x, "peer closed");
    size_t len = x->piece.len < room ? x->piece.len : room;
    memcpy(to, x->piece.p, len);
    x->piece = (struct str){x->piece.p + len, x->piece.len - len};
    x->bytes += len;
    return (ssize_t)len;
}

static void add_limits(struct MHD_Response *response, uint64_t reset_ms)
{
    char reset[24];

    must(str_format(reset, sizeof reset, "%llu", (unsigned long long)reset_ms));
    MHD_add_response_header(response, "X-RateLimit-Limit", "1");
    MHD_add_response_header(response, "X-RateLimit-Remaining", "0");
    MHD_add_response_header(response, "X-RateLimit-Reset", reset);
}

static void add_headers(struct MHD_Response *response, const struct reply *r)
{
    const struct answer *a = play_answer(r->play);
    char                 seconds[16];

    MHD_add_response_header(response, "Content-Type", r->type);
    MHD_add_response_header(response, "Access-Control-Allow-Origin", "*");
    MHD_add_response_header(response, "Server", "cloudflare");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy",
                            "no-referrer, strict-origin-when-cross-origin");
    if (a)
        MHD_add_response_header(response, "X-Generation-Id", a->id);
    if (strcmp(r->type, "text/event-stream") == 0)
        MHD_add_response_header(response, "Cache-Control", "no-cache");
    if (r->reset_ms)
        add_limits(response, r->reset_ms);
    if (r->retry_after) {
        must(str_format(seconds, sizeof seconds, "%u", r->retry_after));
        MHD_add_response_header(response, "Retry-After", seconds);
    }
}

static enum MHD_Result send_reply(struct exchange *x)
{
    if (!x->reply.play) {
        end(x, "no reply");
        return MHD_NO;
    }
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, on_read, x, NULL);
    must(response);
    add_headers(response, &x->reply);
    enum MHD_Result queued = MHD_queue_response(x->connection, x->reply.status, response);
    MHD_destroy_response(response);
    return queued;
}

/* requests */

static struct exchange *exchange_new(struct server *s, struct MHD_Connection *connection,
                                     const char *method, const char *path)
{
    struct exchange *x = mem_new(sizeof *x);

    x->server = s;
    x->connection = connection;
    x->peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    x->peer->exchange = x;
    x->peer->requests++;
    x->number = ++s->requests;
    x->since_ms = now_ms();
    x->due.who = x;
    x->method = str_dup(str_of(method));
    x->path = str_dup(str_of(path));
    LIST_INSERT_HEAD(&s->exchanges, x, all);
    return x;
}

static void exchange_free(struct exchange **x)
{
    LIST_REMOVE(*x, all);
    pace_drop(&(*x)->server->pace, &(*x)->due);
    (*x)->peer->exchange = NULL;
    play_free(&(*x)->reply.play);
    buf_fini(&(*x)->body);
    free((*x)->method);
    free((*x)->path);
    free(*x);
    *x = NULL;
}

static enum MHD_Result answer(struct exchange *x)
{
    json_t      *body = json_loadb(x->body.p ? x->body.p : "", x->body.len, 0, NULL);
    struct asked asked = {
        .method = x->method,
        .path = x->path,
        .authorization = str_of(MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
                                                            MHD_HTTP_HEADER_AUTHORIZATION)),
        .id = str_of(MHD_lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND, "id")),
        .body = body,
        .is_too_long = x->is_too_long,
    };
    x->is_whole = true;
    write_request(x, body);
    x->reply = upstream_reply(x->server->upstream, &asked);
    json_decref(body);
    return send_reply(x);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *len, void **request)
{
    struct exchange *x = *request;

    (void)version;
    if (!x) {
        *request = exchange_new(context, connection, method, path);
        return MHD_YES;
    }
    if (!*len)
        return answer(x);
    x->is_too_long |= x->body.len + *len > BODY_MOST;
    if (!x->is_too_long)
        buf_add(&x->body, bytes, *len);
    *len = 0;
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct server   *s = context;
    struct exchange *x = *request;

    (void)connection;
    if (!x)
        return;
    *request = NULL;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        end(x, "completed");
    end(x, s->is_stopping ? "shutdown" : "peer closed");
    if (x->is_whole)
        write_end(x);
    if (x->reply.play && play_answer(x->reply.play))
        generations_add(&s->upstream->generations, play_answer(x->reply.play),
                        (unsigned)(x->over_ms - x->since_ms), x->reply.is_stream,
                        strcmp(x->end, "peer closed") == 0);
    exchange_free(&x);
}

/* connections */

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
    uint64_t         now = now_ms();

    while ((x = pace_take(&s->pace, now)))
        resume(x);
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
        int wait = s->is_busy ? 0 : pace_wait(&s->pace, now_ms());
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

    s->upstream = u;
    s->journal = j;
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

static void end_all(struct server *s)
{
    struct exchange *x;

    LIST_FOREACH(x, &s->exchanges, all)
    {
        end(x, "shutdown");
        resume(x);
    }
    pump(s);
}

void server_close(struct server **s)
{
    int why = errno;

    if (!*s)
        return;
    if ((*s)->daemon) {
        end_all(*s);
        MHD_stop_daemon((*s)->daemon);
    }
    close((*s)->epoll);
    close((*s)->signals);
    pace_fini(&(*s)->pace);
    free(*s);
    *s = NULL;
    errno = why;
}
