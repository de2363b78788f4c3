/* resolver - getaddrinfo in a thread of its own, answers in the loop.
 *
 * libzmq, libpq and hiredis would block their thread on a name (libzmq also
 * takes only the first address), so names are resolved here and the libraries
 * get numbers.  This is the only thread we make; it talks to the loop over
 * inproc and touches nothing else. */
#ifndef PROTO_LOOP_RESOLVER_H
#define PROTO_LOOP_RESOLVER_H
#include "base/err.h"
#include "loop/loop.h"

#define RESOLVED_MAX 64

struct resolved {
    unsigned count;                     /* 0: the name has no address, or DNS is away */
    bool     failed;                    /* DNS is away: keep what you knew */
    char     address[RESOLVED_MAX][48]; /* numeric, IPv6 without brackets */
};

struct resolver;

struct resolver *resolver_new(struct loop *l);
void             resolver_free(struct resolver **r); /* waits for the look-up that runs, if any */

/* A numeric address is answered too, by the same way.  fn is called once, from
 * the loop, unless resolver_cancel(ctx) came before. */
void resolver_resolve(struct resolver *r, const char                            *name,
                      void (*fn)(void *ctx, const struct resolved *found), void *ctx);
void resolver_cancel(struct resolver *r, void *ctx);

#endif
