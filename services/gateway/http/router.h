/* router - from a request to its handler: everything that is checked before. */
#ifndef GATEWAY_ROUTER_H
#define GATEWAY_ROUTER_H
#include "gateway.h"

extern const struct http_ops router_ops; /* for http_open, with the gateway as ctx */

enum needs { NOTHING, VISIT, SIGNED, CHANGES, BRINGS };

#define BRINGS_MAX (1024 * 1024) /* bytes of a body */

struct route {
    const char *method, *path, *doc;
    enum needs  needs;
    void (*serve)(const struct visit *v);
};

/* ERR_NOT_FOUND; ERR_METHOD, then allow holds what there is; or the route and its word. */
MUST_CHECK enum err router_find(const char *method, const char *path, const struct route **route,
                                struct str *word, struct buf *allow);

#endif
