/* http_internal - shared by the files of http.
 *
 * http.c runs the server and calls the others; http_request.c is one request, http_deadline.c the
 * time-outs of connections, http_listen.c the listening socket. */
#ifndef PROTO_LOOP_HTTP_INTERNAL_H
#define PROTO_LOOP_HTTP_INTERNAL_H
#include <sys/queue.h>

#include <microhttpd.h>

#include "loop/http.h"

/* Connections with the same time-out, the one that is due first in front. A deadline thus costs a
 * list link instead of a timer. */
TAILQ_HEAD(conn_list, http_conn);

struct http_deadlines {
    uint64_t         ms;
    struct conn_list waiting;
};

struct http_conn {
    int                    fd;
    char                   peer[48];
    struct http_deadlines *deadlines; /* the list it is in; NULL: none */
    uint64_t               due;
    TAILQ_ENTRY(http_conn) link;
};

TAILQ_HEAD(request_list, http_request);

struct http {
    struct loop           *loop;
    const struct http_ops *ops;
    void                  *ctx;
    void (*pump_soon)(struct http *h); /* runs libmicrohttpd after the current handler */
    size_t body_max, unsent_max;

    struct MHD_Daemon   *daemon;
    int                  listen_fd;
    unsigned             port;
    struct watch         on_mhd;
    struct timer         tick;
    struct timer         kick;
    struct deferred_call soon;
    bool                 pumping;  /* MHD_run is on the stack */
    bool                 again;    /* MHD_run must be called once more */
    bool                 draining; /* every reply closes its connection */

    unsigned              conns, requests, long_bodies;
    struct http_deadlines head, body, idle;
    struct request_list   all;
    struct request_list   wakes; /* to be handled before MHD_run is called again */
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
    } * kept;                /* values of headers that were sent several times */

    bool                 is_given;   /* the user has it and has not ended it */
    bool                 in_handler; /* libmicrohttpd's handler for it is on the stack */
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
struct http_request *http_request_new(struct http *h, struct MHD_Connection *mhd,
                                      const char *method, const char *path);
void                 http_request_free(struct http_request **rq);
void                 http_request_take_body(struct http_request *rq, const char *bytes, size_t len);
void http_request_refuse(struct http_request *rq, unsigned status); /* in its handler */
void http_request_give(struct http_request *rq);  /* to the user; answers or suspends it */
void http_request_wake(struct http_request *rq);  /* adds it to the list of http */
void http_request_go_on(struct http_request *rq); /* handles an entry of that list */
void http_request_lose(struct http_request *rq);  /* its client has left */

/* http_deadline.c */
void http_deadlines_init(struct http_deadlines *d, uint64_t ms);
void http_deadline_set(struct http_conn *c, struct http_deadlines *d); /* NULL: no deadline */
void http_deadlines_expire(struct http_deadlines *d);           /* closes those that are overdue */
void http_deadlines_close_idle(const struct http_deadlines *d); /* those without unread bytes */

/* http_listen.c */
int      http_listen_at(const char *address, unsigned port); /* -1 and errno if it fails */
unsigned http_listen_port(int fd);
unsigned http_listen_limit(unsigned connections); /* at most what RLIMIT_NOFILE allows */

#endif
