/* request_context - what a handler is given, and what it leaves behind at the request. */
#ifndef GATEWAY_REQUEST_CONTEXT_H
#define GATEWAY_REQUEST_CONTEXT_H
#include <jansson.h>

#include "http/client.h"
#include "http/identity.h"
#include "loop/http.h"

struct gateway;

/* Valid during the call of the handler; what must outlive it is copied. */
struct request_context {
    struct gateway      *gw;
    struct http_request *rq;
    struct client        client;
    struct identity      who;
    struct str           word; /* what stands for the * of the route */
    json_t              *body; /* borrowed; an object, or NULL if the route takes none */
};

/* What the router calls for a request that was not answered at once; set with http_set_user. */
struct request_hooks {
    void (*on_gone)(struct request_hooks *h);    /* the client left: forget the request */
    void (*on_drained)(struct request_hooks *h); /* all that was written was sent; may be NULL */
};

#endif
