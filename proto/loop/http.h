/* http - an HTTP server on the loop, built on libmicrohttpd.
 *
 * on_request is called with each complete request. The request is then owned by the callee until it
 * ends it with http_reply or http_stream_end, at once or later, or until on_gone reports that its
 * client has left; after either it must not be used any more. Handlers are called by the loop only,
 * never from inside a function of this header; only on_drained and on_end may run while
 * libmicrohttpd is on the stack.
 *
 * Slow clients are limited: request headers and bodies have deadlines, idle connections too, and a
 * stream is cut off when too many bytes wait for a client that does not read. Requests that
 * libmicrohttpd itself refuses (headers too large or malformed) get a bare status and are not seen
 * here. */
#ifndef PROTO_LOOP_HTTP_H
#define PROTO_LOOP_HTTP_H
#include "base/err.h"
#include "loop/http_request.h"
#include "loop/loop.h"

struct http;

#define HTTP_LONG_BODIES 16 /* requests at once whose body exceeds body_max */

struct http_options {
    const char *address;     /* numeric, or "*": all addresses, IPv4 and IPv6 */
    unsigned    port;        /* 0: any free one */
    unsigned    connections; /* at most this many at once; more wait in the backlog */
    size_t      body_max;    /* bytes; a longer body is dropped, see http_body_is_too_long */
    size_t      unsent_max;  /* bytes of a stream kept for a client that does not read */
    uint64_t    head_ms, body_ms, idle_ms;
};

struct http_ops {
    void (*on_request)(void *ctx, struct http_request *rq);
    void (*on_gone)(void *ctx, struct http_request *rq);
    void (*on_drained)(void *ctx, struct http_request *rq); /* may be NULL: see http_stream_write */
    void (*on_end)(void *ctx, const struct http_request *rq); /* last call; for the access log */
    /* Limit of the body for this path, if larger than body_max; may be NULL. At most
     * HTTP_LONG_BODIES of such bodies are accepted at once; one more counts as too long. */
    size_t (*body_max)(void *ctx, const char *method, const char *path);
};

/* ERR_DOWN and a log line if it cannot listen on the address. */
MUST_CHECK enum err http_open(struct http **out, struct loop *l, const struct http_options *o,
                              const struct http_ops *ops, void *ctx);
void                http_close(struct http **h); /* aborts open requests */
unsigned            http_port(const struct http *h);
unsigned            http_open_connections(const struct http *h);

/* Draining: http_quiesce refuses new connections and closes each existing one after its next reply.
 * http_close_idle closes connections without a request; a client that sends one at that moment gets
 * no reply, so allow clients some time in between. */
void http_quiesce(struct http *h);
void http_close_idle(struct http *h);

#endif
