/* One request: its parts, its reply, its stream. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "loop/http_internal.h"

/* ---- the request ---- */

struct http_request *http_request_new(struct http *h, struct MHD_Connection *mhd,
                                      const char *method, const char *path)
{
    struct http_request            *rq = mem_new(sizeof *rq);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    rq->http = h;
    rq->mhd = mhd;
    rq->conn = info->socket_context;
    rq->method = method;
    rq->path = path;
    rq->note = "-";
    rq->since_ms = clock_ms();
    rq->body_max = h->body_max;
    h->requests++;
    TAILQ_INSERT_TAIL(&h->all, rq, link);
    return rq;
}

void http_request_free(struct http_request **request)
{
    struct http_request *rq = *request;

    if (!rq)
        return;
    struct http *h = rq->http;

    if (rq->is_waking)
        TAILQ_REMOVE(&h->wakes, rq, wake_link);
    TAILQ_REMOVE(&h->all, rq, link);
    h->requests--;
    if (rq->is_long)
        h->long_bodies--;
    if (rq->is_stream)
        metric_add(METRIC_HTTP_STREAMS, -1);
    watch_stop(&rq->hangup);
    if (rq->response)
        MHD_destroy_response(rq->response);
    while (rq->kept) {
        struct kept *k = rq->kept;
        rq->kept = k->next;
        free(k->joined);
        free(k);
    }
    if (rq->body.p)
        explicit_bzero(rq->body.p, rq->body.room); /* it may have held a key */
    buf_fini(&rq->body);
    buf_fini(&rq->unsent);
    free(rq);
    *request = NULL;
}

/* Called only once the body exceeds the usual limit. */
static void allow_long_body(struct http_request *rq)
{
    struct http *h = rq->http;
    size_t       most = h->ops->body_max ? h->ops->body_max(h->ctx, rq->method, rq->path) : 0;

    if (rq->is_long || most <= h->body_max || h->long_bodies == HTTP_LONG_BODIES)
        return;
    rq->is_long = true;
    rq->body_max = most;
    h->long_bodies++;
}

void http_request_take_body(struct http_request *rq, const char *bytes, size_t len)
{
    rq->body_seen += len;
    if (rq->body_seen > rq->body_max && !rq->too_long)
        allow_long_body(rq);
    if (rq->body_seen <= rq->body_max && !rq->too_long) {
        buf_add(&rq->body, bytes, len);
        return;
    }
    rq->too_long = true;
    buf_fini(&rq->body);
}

struct gather {
    const char *name;
    unsigned    count;
    struct str  first;
    struct buf  joined;
};

static enum MHD_Result gather(void *ctx, enum MHD_ValueKind kind, const char *name,
                              const char *value)
{
    struct gather *g = ctx;

    (void)kind;
    if (strcasecmp(name, g->name) != 0)
        return MHD_YES;
    struct str text = {value ? value : "", value ? strlen(value) : 0};
    if (g->count++ == 0)
        g->first = text;
    else
        buf_print(&g->joined, ", ");
    buf_str(&g->joined, text);
    return MHD_YES;
}

static struct str find(struct http_request *rq, enum MHD_ValueKind kind, const char *name)
{
    struct gather g = {.name = name};

    MHD_get_connection_values(rq->mhd, kind, gather, &g);
    if (g.count <= 1) {
        buf_fini(&g.joined);
        return g.first;
    }
    struct kept *k = mem_new(sizeof *k);
    size_t       len = g.joined.len;
    *k = (struct kept){rq->kept, buf_take(&g.joined)};
    rq->kept = k;
    return (struct str){k->joined, len};
}

struct str http_header(struct http_request *rq, const char *name)
{
    return find(rq, MHD_HEADER_KIND, name);
}

struct str http_query(struct http_request *rq, const char *name)
{
    return find(rq, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_method(const struct http_request *rq)
{
    return rq->method;
}

const char *http_path(const struct http_request *rq)
{
    return rq->path;
}

const char *http_peer(const struct http_request *rq)
{
    return rq->conn->peer;
}

struct str http_body(const struct http_request *rq)
{
    return buf_view(&rq->body);
}

bool http_body_is_too_long(const struct http_request *rq)
{
    return rq->too_long;
}

void http_set_user(struct http_request *rq, void *user)
{
    rq->user = user;
}

void *http_user(const struct http_request *rq)
{
    return rq->user;
}

void http_set_route(struct http_request *rq, const char *note)
{
    rq->note = note;
}

const char *http_route(const struct http_request *rq)
{
    return rq->note;
}

unsigned http_status(const struct http_request *rq)
{
    return rq->status;
}

uint64_t http_sent(const struct http_request *rq)
{
    return rq->sent;
}

uint64_t http_age_ms(const struct http_request *rq)
{
    return clock_ms() - rq->since_ms;
}

/* ---- suspending and resuming ---- */

static void on_hangup(void *ctx, uint32_t events)
{
    struct http_request *rq = ctx;

    (void)events;
    watch_stop(&rq->hangup);
    http_request_lose(rq);
}

/* libmicrohttpd does not watch suspended connections, so a watch of our own notices that the client
 * has left. A client that shuts down only its sending side counts as gone. */
static void suspend(struct http_request *rq)
{
    MHD_suspend_connection(rq->mhd);
    rq->is_suspended = true;
    if (!rq->hangup.loop && !rq->is_lost)
        watch_start(&rq->hangup, rq->http->loop, rq->conn->fd, EPOLLRDHUP, on_hangup, rq);
}

void http_request_wake(struct http_request *rq)
{
    if (!rq->is_waking) {
        rq->is_waking = true;
        TAILQ_INSERT_TAIL(&rq->http->wakes, rq, wake_link);
    }
    rq->http->pump_soon(rq->http);
}

static void cork(struct http_request *rq, int on)
{
    rq->is_corked = on;
    setsockopt(rq->conn->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

/* libmicrohttpd writes the headers of a stream separately. TCP_CORK holds them back until the first
 * bytes of the body follow, so both leave in one segment. (Not with the first reply of a
 * connection: there libmicrohttpd sets TCP_NODELAY in between, which flushes the headers.) */
static void queue(struct http_request *rq)
{
    rq->is_queued = true;
    if (rq->is_stream)
        cork(rq, 1);
    if (MHD_queue_response(rq->mhd, rq->status, rq->response) != MHD_YES)
        shutdown(rq->conn->fd, SHUT_RDWR);
    MHD_destroy_response(rq->response);
    rq->response = NULL;
}

/* After on_drained the user writes more at once, or later. */
static bool has_news(struct http_request *rq)
{
    if (rq->is_drained && rq->is_given && !rq->is_lost)
        rq->http->ops->on_drained(rq->http->ctx, rq);
    rq->is_drained = false;
    return rq->unsent.len > rq->unsent_at || rq->is_ended || rq->is_lost || rq->is_overfull;
}

void http_request_go_on(struct http_request *rq)
{
    if (rq->is_drained && !has_news(rq))
        return;
    if (rq->is_overfull && !rq->is_lost) {
        shutdown(rq->conn->fd, SHUT_RDWR); /* wakes libmicrohttpd, which waits to write */
        http_request_lose(rq);
    }
    if (rq->response && !rq->is_queued)
        queue(rq);
    if (rq->is_suspended) {
        rq->is_suspended = false;
        MHD_resume_connection(rq->mhd);
    }
}

void http_request_give(struct http_request *rq)
{
    rq->in_handler = true;
    rq->is_given = true;
    rq->http->ops->on_request(rq->http->ctx, rq);
    rq->in_handler = false;
    if (rq->response)
        queue(rq);
    else
        suspend(rq);
}

void http_request_lose(struct http_request *rq)
{
    struct http_response none = {.status = MHD_HTTP_SERVICE_UNAVAILABLE};

    if (rq->is_lost)
        return;
    rq->is_lost = true;
    if (rq->is_given) {
        rq->is_given = false;
        rq->http->ops->on_gone(rq->http->ctx, rq);
    }
    if (!rq->status)
        http_reply(rq, &none); /* nobody reads it, but it ends the request */
    else
        http_request_wake(rq);
}

/* ---- the reply ---- */

static void add_fields(struct MHD_Response *r, const struct http_field *fields, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        must(MHD_add_response_header(r, fields[i].name, fields[i].value) == MHD_YES);
}

void http_set_common(struct http_request *rq, const struct http_field *fields, unsigned count)
{
    rq->common = fields;
    rq->common_count = count;
}

static void respond(struct http_request *rq, const struct http_response *a, struct MHD_Response *r)
{
    must(r && !rq->status);
    add_fields(r, rq->common, rq->common_count);
    add_fields(r, a->fields, a->field_count);
    if (rq->http->draining || rq->is_lost)
        MHD_add_response_header(r, "Connection", "close");
    rq->response = r;
    rq->status = a->status;
    if (!rq->in_handler)
        http_request_wake(rq);
}

void http_reply(struct http_request *rq, const struct http_response *a)
{
    enum MHD_ResponseMemoryMode mode = a->stays ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY;

    rq->is_given = false;
    rq->sent = a->body.len;
    watch_stop(&rq->hangup);
    respond(rq, a,
            MHD_create_response_from_buffer(a->body.len, (void *)(uintptr_t)a->body.p, mode));
}

/* Called by libmicrohttpd for more bytes of a stream. If there are none the connection is
 * suspended; otherwise libmicrohttpd would call again in a busy loop. */
static ssize_t read_stream(void *ctx, uint64_t pos, char *to, size_t max)
{
    struct http_request *rq = ctx;
    size_t               left = rq->unsent.len - rq->unsent_at;

    (void)pos;
    if (rq->is_lost)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (left) {
        size_t len = left < max ? left : max;
        memcpy(to, rq->unsent.p + rq->unsent_at, len);
        rq->unsent_at += len;
        rq->sent += len;
        return (ssize_t)len;
    }
    buf_clear(&rq->unsent);
    rq->unsent_at = 0;
    if (rq->is_corked)
        cork(rq, 0);
    if (rq->is_ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    suspend(rq);
    if (rq->http->ops->on_drained) {
        rq->is_drained = true;
        http_request_wake(rq);
    }
    return 0;
}

void http_request_refuse(struct http_request *rq, unsigned status)
{
    metric_add(METRIC_HTTP_REFUSED, 1);
    rq->in_handler = true;
    http_reply(rq, &(struct http_response){.status = status});
    rq->in_handler = false;
    queue(rq); /* its body is unread, so libmicrohttpd closes the connection afterwards */
}

void http_stream_open(struct http_request *rq, const struct http_response *a)
{
    must(!rq->is_stream);
    rq->is_stream = true;
    metric_add(METRIC_HTTP_STREAMS, 1);
    buf_str(&rq->unsent, a->body);
    respond(rq, a,
            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, rq, NULL));
}

void http_stream_write(struct http_request *rq, struct str bytes)
{
    must(rq->is_stream && !rq->is_ended);
    if (rq->is_lost || rq->is_overfull)
        return;
    if (rq->unsent.len - rq->unsent_at + bytes.len > rq->http->unsent_max)
        rq->is_overfull = true;
    else
        buf_str(&rq->unsent, bytes);
    if (!rq->in_handler)
        http_request_wake(rq);
}

void http_stream_end(struct http_request *rq)
{
    must(rq->is_stream && !rq->is_ended);
    rq->is_given = false;
    rq->is_ended = true;
    if (!rq->in_handler)
        http_request_wake(rq);
}

void http_stream_abort(struct http_request *rq)
{
    must(rq->is_stream && !rq->is_ended);
    rq->is_overfull = true;
    if (!rq->in_handler)
        http_request_wake(rq);
}
