/* Origin and Sec-Fetch-Site. */
#include <string.h>

#include "http/origin.h"

static bool names_us(const struct origin_headers *a)
{
    const char *scheme = a->is_tls ? "https://" : "http://";

    if (*a->public_origin)
        return str_is(a->origin, a->public_origin);
    if (!str_starts(a->origin, scheme))
        return false;
    struct str rest = {a->origin.p + strlen(scheme), a->origin.len - strlen(scheme)};
    return a->host.len && str_eq(rest, a->host);
}

bool origin_is_ours(const struct origin_headers *a)
{
    if (a->fetch_site.p && !str_is(a->fetch_site, "same-origin") && !str_is(a->fetch_site, "none"))
        return false;
    return !a->origin.p || names_us(a);
}
