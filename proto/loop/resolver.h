/* resolver - resolves host names with getaddrinfo in a thread, with results on the loop.
 *
 * libzmq, libpq and hiredis would block on a name (and libzmq uses only its first address), so
 * names are resolved here and the libraries get numeric addresses. This is the only thread that we
 * create; it communicates with the loop over an inproc socket and shares no other data. */
#ifndef PROTO_LOOP_RESOLVER_H
#define PROTO_LOOP_RESOLVER_H
#include "base/err.h"
#include "loop/loop.h"

#define RESOLVED_MAX 64

struct resolved {
    unsigned count;                     /* 0: the name has no address, or DNS failed */
    bool     failed;                    /* DNS is unavailable: keep using known addresses */
    char     address[RESOLVED_MAX][48]; /* numeric, IPv6 without brackets */
};

struct resolver;

struct resolver *resolver_new(struct loop *l);
void             resolver_free(struct resolver **r); /* waits for a running lookup */

typedef void (*resolver_fn)(void *ctx, const struct resolved *found);

/* Works for numeric addresses too. fn is called once, by the loop, unless resolver_cancel(ctx) was
 * called before. */
void resolver_resolve(struct resolver *r, const char *name, resolver_fn fn, void *ctx);
void resolver_cancel(struct resolver *r, void *ctx);

#endif
