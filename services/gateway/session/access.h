/* access - decides whether a request may use a route, and finds out whose it is. */
#ifndef GATEWAY_ACCESS_H
#define GATEWAY_ACCESS_H
#include "http/router.h"
#include "session/account.h"

struct access_rules {
    const struct account_rules *account;
    const char                 *auth_header;   /* in which a proxy names the account */
    const struct seal_ring     *cookie_ring;   /* signs cookies and CSRF tokens */
    const char                 *public_origin; /* empty: the host that the request names */
};

/* Fills in c->who.  ERR_OK: it may; else the error to refuse it with. */
MUST_CHECK enum err access_check(const struct access_rules *rules, struct request_context *c,
                                 enum route_needs needs);

#endif
