/* What the two halves of http share: http.c runs the server, http_request.c is one request. */
#ifndef PROTO_LOOP_HTTP_INSIDE_H
#define PROTO_LOOP_HTTP_INSIDE_H
#include <sys/queue.h>

#include <microhttpd.h>

#include "loop/http.h"

/* Connections that may take equally long for the same thing, the one that is
 * due first in front; so a deadline costs a list link and no timer. */
TAILQ_HEAD(conn_list, http_conn);

struct patience {
    uint64_t         ms;
    struct conn_list waiting;
};

struct http_conn {
    int              fd;
    char             peer[48];
    struct patience *patience; /* the list it is in, NULL: none */
    uint64_t         due;
    TAILQ_ENTRY(http_conn) link;
};

TAILQ_HEAD(request_list, http_request);

struct http {
    struct loop           *loop;
    const struct http_ops *ops;
    void                  *ctx;
    size_t                 body_max, unsent_max;

    struct MHD_Daemon   *daemon;
    int                  listen_fd;
    unsigned             port;
    struct watch         on_mhd;
    struct timer         tick;
    struct timer         kick;
    struct deferred_call soon;
    bool                 pumping;  /* MHD_run is up the stack */
    bool                 again;    /* it must be called once more */
    bool                 draining; /* every reply closes its connection */

    unsigned            conns, requests, long_bodies;
    struct patience     head, body, idle;
    struct request_list all;
    struct request_list wakes; /* something is to be done for these before MHD runs again */
};

struct http_request {
    struct http           *http;
    struct MHD_Connection *mhd;
    struct http_conn      *conn;
    TAILQ_ENTRY(http_request) link;
    TAILQ_ENTRY(http_request) wake_link;
    bool     is_waking;
    uint64_t since_ms;

    const char *method, *path; /* borrowed from libmicrohttpd */
    struct buf  body;
    size_t      body_max;
    uint64_t    body_seen; /* bytes, kept or not */
    bool        too_long, is_long;
    struct kept {
        struct kept *next;
        char        *joined; /* owned */
    } * kept;                /* values of headers that came several times */

    bool                 is_given;   /* the user has it and has not ended it */
    bool                 in_handler; /* libmicrohttpd's handler for it is up the stack */
    bool                 is_suspended;
    bool                 is_lost; /* the client has left, or is to be cut off */
    bool                 is_queued;
    struct MHD_Response *response; /* owned until queued */
    unsigned             status;
    uint64_t             sent;
    struct watch         hangup;

    bool       is_stream, is_ended, is_corked, is_overfull, is_drained;
    struct buf unsent; /* from unsent_at on */
    size_t     unsent_at;

    void                    *user;
    const char              *note;
    const struct http_field *common; /* borrowed, static */
    unsigned                 common_count;
};

/* http_request.c */
struct http_request *request_new(struct http *h, struct MHD_Connection *mhd, const char *method,
                                 const char *path);
void                 request_free(struct http_request *rq);
void                 request_take_body(struct http_request *rq, const char *bytes, size_t len);
void                 request_refuse(struct http_request *rq, unsigned status); /* in its handler */
void request_give(struct http_request *rq);  /* to the user; answers or suspends it */
void request_wake(struct http_request *rq);  /* puts it on the list of http */
void request_go_on(struct http_request *rq); /* what request_wake asked for */
void request_lose(struct http_request *rq);  /* its client has left */

/* http.c */
void http_pump_soon(struct http *h);

#endif
