/* http - libmicrohttpd on the loop: whole requests in, replies and streams out.
 *
 * A request reaches on_request when it is complete.  It is then yours until you
 * end it, with http_reply or http_stream_end, at once or any time later, or
 * until on_gone says that its client has left; after either, do not touch it.
 * Nothing here calls back from inside a call: on_gone always comes from the loop.
 *
 * What a client does slowly is bounded: the head and the body of a request have
 * deadlines, an idle connection too, and a stream that is not read is cut off
 * when too much has gathered.  What libmicrohttpd itself refuses (a head that is
 * too large or malformed) gets its bare status and is never seen here. */
#ifndef PROTO_LOOP_HTTP_H
#define PROTO_LOOP_HTTP_H
#include "base/err.h"
#include "loop/loop.h"

struct http;
struct http_request;

#define HTTP_LONG_BODIES 16

struct http_options {
    const char *address;     /* a number to listen on, or "*": all of them, IPv4 and IPv6 */
    unsigned    port;        /* 0: any free one */
    unsigned    connections; /* at most so many at once; more wait in the backlog */
    size_t      body_max;    /* bytes; a longer one is not kept, see http_body_is_too_long */
    size_t      unsent_max;  /* bytes a stream keeps for a client that does not read */
    uint64_t    head_ms, body_ms, idle_ms;
};

struct http_ops {
    void (*on_request)(void *ctx, struct http_request *rq);
    void (*on_gone)(void *ctx, struct http_request *rq);
    void (*on_drained)(void *ctx, struct http_request *rq); /* may be NULL: see http_stream_write */
    void (*on_end)(void *ctx, const struct http_request *rq); /* for the log; all is over */
    /* How long a body may be that is sent there, if it is more than body_max; may be NULL.  Only
     * so many of these are taken at once, HTTP_LONG_BODIES; one more is too long. */
    size_t (*body_max)(void *ctx, const char *method, const char *path);
};

/* ERR_DOWN and a log line if the address cannot be listened on. */
MUST_CHECK enum err http_open(struct http **out, struct loop *l, const struct http_options *o,
                              const struct http_ops *ops, void *ctx);
void                http_close(struct http **h);     /* cuts off what is still open */
unsigned            http_port(const struct http *h); /* that was chosen */
unsigned            http_open_connections(const struct http *h);

/* Taking leave: no new connections, and those there close after their next reply.
 * Who uses a connection again just when it closes gets no answer; so give clients
 * a moment before closing those on which nothing is asked. */
void http_quiesce(struct http *h);
void http_close_idle(struct http *h);

/* ---- the request; what is returned lives as long as it ---- */

const char *http_method(const struct http_request *rq);
const char *http_path(const struct http_request *rq); /* as sent: nothing in it is decoded */
const char *http_peer(const struct http_request *rq); /* the number of the other end; IPv4 plain */

/* A header's value; p is NULL if it was not sent.  One that was sent several
 * times comes joined with ", " (RFC 9110, 5.3), so a value looked for is never
 * hidden behind another. */
struct str http_header(struct http_request *rq, const char *name);
struct str http_query(struct http_request *rq, const char *name); /* as sent; p NULL: not there */
struct str http_body(const struct http_request *rq);
bool       http_body_is_too_long(const struct http_request *rq);

void  http_set_user(struct http_request *rq, void *user);
void *http_user(const struct http_request *rq);
void  http_set_route(struct http_request *rq, const char *note); /* a static word for on_end */

const char *http_route(const struct http_request *rq);
unsigned    http_status(const struct http_request *rq); /* 0: none was sent */
uint64_t    http_sent(const struct http_request *rq);   /* body bytes handed over for sending */
uint64_t    http_age_ms(const struct http_request *rq);

/* ---- the answer ---- */

struct http_field {
    const char *name, *value;
};

/* Static fields that go in front of those of whatever answer comes. */
void http_set_common(struct http_request *rq, const struct http_field *fields, unsigned count);

struct http_response {
    unsigned                 status;
    const struct http_field *fields;
    unsigned                 field_count;
    struct str               body;  /* of a stream: its first bytes, sent with the head */
    bool                     stays; /* body is never freed nor changed: no copy is made */
};

void http_reply(struct http_request *rq, const struct http_response *a);

/* Who writes more than a client may leave unread writes a little, and the next
 * when on_drained says that all of it was taken. */
void http_stream_open(struct http_request *rq, const struct http_response *a);
void http_stream_write(struct http_request *rq, struct str bytes);
void http_stream_end(struct http_request *rq);
void http_stream_abort(struct http_request *rq); /* broken off, as the client sees; then on_gone */

#endif
