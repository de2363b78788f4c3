/* gateway - what every handler works with, and one request on its way to its handler. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H
#include "base/uuid.h"
#include "bus/gateway/bus.h"
#include "config.h"
#include "http/body.h"
#include "http/client.h"
#include "loop/http.h"
#include "routes/route_models.h"
#include "session/rate.h"
#include "session/session.h"

struct static_files;
struct turns;

struct gateway {
    struct config        config;
    struct loop         *loop;
    struct http         *http;
    struct admin        *admin_port;
    struct otlp         *otlp;
    struct bus          *bus;
    struct static_files *files;
    struct turns        *turns;
    struct models        models;
    struct rate         *by_address, *by_session, *new_sessions, *key_tests, *searches, *imports;
    uint64_t             last_call, drain_until;
    struct timer         drain_tick;
};

/* Lives for the call of a handler; what must outlive it is copied. */
struct visit {
    struct gateway      *gw;
    struct http_request *rq;
    struct client        client;
    char                 account[ACCOUNT_SIZE]; /* who is signed in, empty: nobody */
    struct uuid          session;               /* empty: nobody we know */
    struct uuid          former; /* of this browser before somebody signed in, may be empty */
    struct str           word;   /* what stands for the * of the route */
    json_t              *body;   /* borrowed; an object, or NULL if the route takes none */
};

/* Who waits at a request that was not answered at once; kept as its http_user. */
struct waiter {
    void (*on_gone)(struct waiter *w);    /* the client left: forget the request */
    void (*on_drained)(struct waiter *w); /* all that was written was taken; may be NULL */
};

/* The pseudonym of the client's address, as the store knows it. */
void visit_address_hash(const struct visit *v, char to[PSEUDONYM_SIZE]);

/* Whether this session may go on at this rate; otherwise it was told to wait. */
bool visit_may(const struct visit *v, struct rate *rate);

/* 400 with this sentence; takes the text of why. */
void visit_refuse(const struct visit *v, enum err err, struct buf *why);

#define ROUTE(METHOD, path, name, needs, doc) void route_##name(const struct visit *v);
#include "http/routes.def"

#endif
