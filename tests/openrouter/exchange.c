/* Requests, and answers that take time. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "exchange.h"

#define BODY_MOST (4u << 20)

/* One request and its answer. */
struct exchange {
    LIST_ENTRY(exchange) all;
    struct exchanges      *shared;     /* borrowed */
    struct peer           *peer;       /* borrowed */
    struct MHD_Connection *connection; /* borrowed */
    uint64_t               number, since_ms, over_ms;
    char                  *method, *path; /* owned */
    struct buf             body;
    struct reply           reply;
    struct str             part; /* what is left of it; owned by the playback */
    struct timer_entry     due;
    uint64_t               bytes;
    bool                   is_whole, is_too_long, is_parked;
    const char            *end; /* why it ended, as in the journal; NULL: it has not */
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

/* null if it is not UTF-8 and so cannot be JSON */
static json_t *text_or_null(const char *text)
{
    json_t *json = json_string(text);
    return json ? json : json_null();
}

/* The demo may have real users, so neither their messages nor their keys are logged. */
static void write_request(struct exchange *x, json_t *body)
{
    bool is_private = x->shared->upstream->demo;
    char at[CLOCK_ISO_SIZE];

    if (!journal_is_on(x->shared->journal))
        return;
    json_t *headers = json_object();
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, add_header, headers);
    if (is_private)
        json_object_del(headers, "authorization");
    clock_iso(clock_wall_ms(), at);
    journal_write(x->shared->journal,
                  json_pack("{s:s, s:I, s:s, s:I, s:I, s:i, s:o, s:o, s:o, s:I, s:O?}", "event",
                            "request", "request", (json_int_t)x->number, "at", at, "connection",
                            (json_int_t)x->peer->number, "nth", (json_int_t)x->peer->requests,
                            "peer_port", (int)x->peer->port, "method", text_or_null(x->method),
                            "path", text_or_null(x->path), "headers", headers, "bytes",
                            (json_int_t)x->body.len, "body", is_private ? NULL : body));
}

static void write_end(struct exchange *x)
{
    const struct answer *a = x->reply.playback ? playback_answer(x->reply.playback) : NULL;

    if (!journal_is_on(x->shared->journal))
        return;
    journal_write(x->shared->journal,
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
    x->over_ms = clock_ms();
}

void exchange_wake(struct exchange *x)
{
    timer_queue_drop(&x->shared->timers, &x->due);
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

void exchange_stop(struct exchange *x, const char *why)
{
    end(x, why);
    exchange_wake(x);
}

void exchanges_stop(struct exchanges *s, const char *why)
{
    struct exchange *x;

    LIST_FOREACH(x, &s->open, all)
    {
        exchange_stop(x, why);
    }
}

/* answers */

/* Linux sends an RST when a connected socket is connected to AF_UNSPEC.  SO_LINGER with 0 does not
 * work: libmicrohttpd shuts down before it closes. */
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

/* Fetches the next part if there is none; 0: it is here, or a timer runs. */
static ssize_t fetch(struct exchange *x)
{
    unsigned wait = 0;

    switch (playback_next(x->reply.playback, &x->part, &wait)) {
    case PLAYBACK_PART:
        if (wait && !x->peer->is_gone) {
            timer_queue_add(&x->shared->timers, &x->due, clock_ms() + wait);
            park(x);
        }
        return 0;
    case PLAYBACK_END:
        return MHD_CONTENT_READER_END_OF_STREAM;
    case PLAYBACK_HANG:
        if (!x->peer->is_gone)
            park(x);
        return 0;
    case PLAYBACK_CUT:
        return give_up(x, "cut");
    case PLAYBACK_RESET:
        reset_connection(x->peer);
        return give_up(x, "reset");
    }
    return give_up(x, "cut");
}

/* libmicrohttpd asks for bytes.  Returning none without suspending the connection would be a busy
 * loop. */
static ssize_t on_read(void *context, uint64_t position, char *to, size_t room)
{
    struct exchange *x = context;

    (void)position;
    if (!x->end && !x->part.len) {
        ssize_t done = fetch(x);
        if (done || x->is_parked)
            return done;
    }
    if (x->end || !x->part.len)
        return give_up(x, "peer closed");
    size_t len = x->part.len < room ? x->part.len : room;
    memcpy(to, x->part.p, len);
    x->part = (struct str){x->part.p + len, x->part.len - len};
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
    const struct answer *a = playback_answer(r->playback);
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
    if (!x->reply.playback) {
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

struct exchange *exchange_open(struct exchanges *s, struct peer *p,
                               struct MHD_Connection *connection, const char *method,
                               const char *path)
{
    struct exchange *x = mem_new(sizeof *x);

    x->shared = s;
    x->peer = p;
    x->connection = connection;
    x->number = ++s->requests;
    x->since_ms = clock_ms();
    x->due.owner = x;
    x->method = str_dup(str_of(method));
    x->path = str_dup(str_of(path));
    p->exchange = x;
    p->requests++;
    LIST_INSERT_HEAD(&s->open, x, all);
    return x;
}

void exchange_body(struct exchange *x, const char *bytes, size_t len)
{
    x->is_too_long |= x->body.len + len > BODY_MOST;
    if (!x->is_too_long)
        buf_add(&x->body, bytes, len);
}

enum MHD_Result exchange_answer(struct exchange *x)
{
    json_t                 *body = json_loadb(x->body.p ? x->body.p : "", x->body.len, 0, NULL);
    struct upstream_request asked = {
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
    x->reply = upstream_reply(x->shared->upstream, &asked);
    json_decref(body);
    return send_reply(x);
}

static void free_exchange(struct exchange *x)
{
    LIST_REMOVE(x, all);
    timer_queue_drop(&x->shared->timers, &x->due);
    x->peer->exchange = NULL;
    playback_free(&x->reply.playback);
    buf_fini(&x->body);
    free(x->method);
    free(x->path);
    free(x);
}

void exchange_close(struct exchange **x, const char *why)
{
    const struct answer *a = (*x)->reply.playback ? playback_answer((*x)->reply.playback) : NULL;

    end(*x, why);
    if ((*x)->is_whole)
        write_end(*x);
    if (a)
        generations_add(&(*x)->shared->upstream->generations, a,
                        (unsigned)((*x)->over_ms - (*x)->since_ms), (*x)->reply.is_stream,
                        strcmp((*x)->end, "peer closed") == 0);
    free_exchange(*x);
    *x = NULL;
}
