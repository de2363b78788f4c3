/* Names, addresses and ports. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "bus/backend/gateways.h"

#define DEFAULT_PORT 5555

static bool parse_port(struct str text, unsigned *port)
{
    unsigned value = 0;

    if (!text.len || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.p[i] - '0');
    }
    *port = value;
    return value > 0 && value <= 65535;
}

static bool is_ipv6(struct str s)
{
    char            text[INET6_ADDRSTRLEN];
    struct in6_addr number;

    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] == '%') /* a zone follows, fe80::1%eth0 */
            s.len = i;
    return str_copy(text, sizeof text, s) && inet_pton(AF_INET6, text, &number) == 1;
}

/* What is passed to the resolver and libzmq: an IPv6 address, or letters, digits
 * and - _ . % only. */
static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum((unsigned char)s.p[i]) && !memchr("-_.:%", s.p[i], 5))
            return false;
    return s.len > 0 && s.len <= HOST_NAME_LEN && (!memchr(s.p, ':', s.len) || is_ipv6(s));
}

/* [fd00::7] and what follows. */
static bool split_brackets(struct str text, struct str *host, struct str *rest)
{
    const char *close = memchr(text.p, ']', text.len);

    if (!close)
        return false;
    *host = (struct str){text.p + 1, (size_t)(close - text.p) - 1};
    *rest = (struct str){close + 1, text.len - host->len - 2};
    return is_ipv6(*host);
}

/* A single colon separates the port; more than one make an IPv6 address without a port. */
static void split_at_colon(struct str text, struct str *host, struct str *rest)
{
    const char *colon = memchr(text.p, ':', text.len);
    size_t      len = colon ? (size_t)(colon - text.p) : text.len;

    if (colon && memchr(colon + 1, ':', text.len - len - 1))
        len = text.len;
    *host = (struct str){text.p, len};
    *rest = (struct str){text.p + len, text.len - len};
}

static bool parse_one(struct gateway_name *out, struct str text)
{
    struct str host, rest;

    if (text.p[0] != '[')
        split_at_colon(text, &host, &rest);
    else if (!split_brackets(text, &host, &rest))
        return false;
    out->port = DEFAULT_PORT;
    if (rest.len &&
        (rest.p[0] != ':' || !parse_port((struct str){rest.p + 1, rest.len - 1}, &out->port)))
        return false;
    return is_host(host) && str_copy(out->host, sizeof out->host, host);
}

enum err gateways_parse(struct gateway_names *out, struct str text)
{
    *out = (struct gateway_names){0};
    while (text.len) {
        const char *comma = memchr(text.p, ',', text.len);
        size_t      len = comma ? (size_t)(comma - text.p) : text.len;
        struct str  part = str_trim((struct str){text.p, len});

        text = (struct str){text.p + len + !!comma, text.len - len - !!comma};
        if (!part.len)
            continue;
        if (out->count == GATEWAYS_MAX || !parse_one(&out->name[out->count], part))
            return ERR_BAD_REQUEST;
        out->count++;
    }
    return out->count ? ERR_OK : ERR_BAD_REQUEST;
}
