/* networks - lists of IP addresses and networks, as in TRUSTED_PROXIES. */
#ifndef GATEWAY_NETWORKS_H
#define GATEWAY_NETWORKS_H
#include <netinet/in.h>

#include "base/str.h"

#define NETWORKS_MAX          64
#define NETWORKS_ADDRESS_SIZE 48

struct network {
    struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d */
    unsigned        bits;
};

struct networks {
    unsigned       count;
    struct network list[NETWORKS_MAX];
};

/* "10.0.0.0/8, ::1"; false and a sentence in fault if the list is malformed. */
MUST_CHECK bool networks_read(struct networks *n, struct str text, struct buf *fault);
bool            networks_contain(const struct networks *n, struct str address);

/* IPv4 becomes ::ffff:a.b.c.d. */
MUST_CHECK bool networks_read_address(struct in6_addr *to, struct str text);
struct str      networks_take_first(struct str *rest); /* of a list with commas */

#endif
