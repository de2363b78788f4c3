/* Finds the client behind the proxies. */
#include <arpa/inet.h>
#include <string.h>

#include "http/client.h"

/* Takes the entry after the last comma. */
static struct str take_last(struct str *rest)
{
    if (!rest->len)
        return (struct str){0};
    const char *comma = memrchr(rest->p, ',', rest->len);
    size_t      at = comma ? (size_t)(comma - rest->p) + 1 : 0;
    struct str  part = {rest->p + at, rest->len - at};

    rest->len = comma ? at - 1 : 0;
    return str_trim(part);
}

struct client client_of(const struct networks *proxies, struct str peer, struct str forwarded_for,
                        struct str forwarded_proto)
{
    struct client   c = {.is_tls = false};
    struct in6_addr a;

    str_copy(c.address, sizeof c.address, peer);
    if (!networks_contain(proxies, peer))
        return c;
    c.is_tls = str_is(networks_take_first(&forwarded_proto), "https");
    while (networks_contain(proxies, str_of(c.address))) {
        struct str hop = take_last(&forwarded_for);
        if (!networks_read_address(&a, hop))
            break; /* the end of the list, or an entry that is no address */
        str_copy(c.address, sizeof c.address, hop);
    }
    return c;
}

struct str client_network(const struct client *c, char to[NETWORKS_ADDRESS_SIZE])
{
    struct in6_addr a;

    str_format(to, NETWORKS_ADDRESS_SIZE, "%s", c->address);
    if (!networks_read_address(&a, str_of(c->address)))
        return str_of(to);
    if (IN6_IS_ADDR_V4MAPPED(&a)) {
        inet_ntop(AF_INET, a.s6_addr + 12, to, NETWORKS_ADDRESS_SIZE);
        return str_of(to);
    }
    memset(a.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &a, to, NETWORKS_ADDRESS_SIZE);
    return str_of(to);
}
