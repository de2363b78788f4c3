/* origin - whether a request that changes something comes from our own page.
 *
 * Browsers send Origin and Sec-Fetch-Site and do not let a page forge them;
 * programs send neither.  So they must be ours only when they are there; the
 * CSRF token must be there in any case. */
#ifndef GATEWAY_ORIGIN_H
#define GATEWAY_ORIGIN_H
#include "base/str.h"

struct asked_from {
    const char *public_origin; /* of our page; empty: the scheme and host the request names */
    bool        is_tls;
    struct str  host, origin, fetch_site; /* headers; p NULL if not sent */
};

bool origin_is_ours(const struct asked_from *a);

#endif
