/* Names, numbers, ports. */
#include <string.h>

#include "bus/gateways.h"

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

/* What resolvers and libzmq may see: letters, digits and - _ . : % only. */
static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && !memchr("-_.:%", c, 5))
            return false;
    }
    return s.len > 0 && s.len <= HOST_NAME_LEN;
}

static bool parse_one(struct gateway_name *out, struct str text)
{
    const char *colon = memchr(text.p, ':', text.len), *end = text.p + text.len;
    const char *close = text.p[0] == '[' ? memchr(text.p, ']', text.len) : NULL;
    struct str  host = text, port = {0};

    if (text.p[0] == '[') {
        if (!close || (close + 1 < end && close[1] != ':'))
            return false;
        host = (struct str){text.p + 1, (size_t)(close - text.p) - 1};
        if (close + 1 < end)
            port = (struct str){close + 2, (size_t)(end - close) - 2};
        colon = close + 1 < end ? close + 1 : NULL;
    } else if (colon && !memchr(colon + 1, ':', (size_t)(end - colon) - 1)) {
        host = (struct str){text.p, (size_t)(colon - text.p)};
        port = (struct str){colon + 1, (size_t)(end - colon) - 1};
    } else {
        colon = NULL; /* none, or a bare IPv6 number with many */
    }
    out->port = DEFAULT_PORT;
    if (!is_host(host) || (colon && !parse_port(port, &out->port)))
        return false;
    return str_format(out->host, sizeof out->host, "%.*s", (int)host.len, host.p);
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
