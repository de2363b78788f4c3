/* router - leads a request to its handler, after the checks that all requests have in common. */
#ifndef GATEWAY_ROUTER_H
#define GATEWAY_ROUTER_H
#include "base/err.h"
#include "http/request_context.h"

/* What a request must bring; each includes those before it. */
enum route_needs {
    ROUTE_NEEDS_NOTHING,
    ROUTE_NEEDS_SIGN_IN, /* an account, with AUTH=required */
    ROUTE_NEEDS_SESSION, /* a session cookie */
    ROUTE_NEEDS_CHANGE,  /* a CSRF token, our own origin and a JSON body */
    ROUTE_NEEDS_UPLOAD,  /* the same with a longer body */
};

#define ROUTER_UPLOAD_MAX (1024 * 1024) /* bytes of a body */

struct route {
    const char      *method, *path;
    enum route_needs needs;
    void (*serve)(const struct request_context *c);
};

struct router {
    struct gateway        *gw; /* passed on to the handlers */
    const struct route    *routes;
    unsigned               route_count;
    const struct networks *proxies;       /* whose headers about the client count */
    const char            *public_origin; /* empty: unknown */
    /* Fills in c->who and says whether it may use a route with these needs. */
    enum err (*authorize)(struct request_context *c, enum route_needs needs);
};

extern const struct http_ops router_ops; /* for http_open, with a struct router as ctx */

/* ERR_OK: the route and its word; ERR_METHOD: allow has the methods of this path;
 * ERR_NOT_FOUND. */
MUST_CHECK enum err router_find(const struct router *r, const char *method, const char *path,
                                const struct route **route, struct str *word, struct buf *allow);

#endif
