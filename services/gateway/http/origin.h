/* origin - whether a request that changes something comes from our own page.
 *
 * Browsers send Origin and Sec-Fetch-Site and do not let a page forge them;
 * other programs send neither.  So each is checked only if it was sent; the
 * CSRF token is required in any case. */
#ifndef GATEWAY_ORIGIN_H
#define GATEWAY_ORIGIN_H
#include "base/str.h"

struct origin_headers {
    const char *public_origin; /* of our page; empty: the scheme and host the request names */
    bool        is_tls;
    struct str  host, origin, fetch_site; /* headers; p NULL if not sent */
};

bool origin_is_ours(const struct origin_headers *a);

#endif
