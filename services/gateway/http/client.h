/* client - who is at the other end, seen through the proxies we trust.
 *
 * X-Forwarded-For and X-Forwarded-Proto can be written by anybody.  They count
 * only as far as each hop, from ours outward, is an address that we trust: the
 * first one that is not is the client. */
#ifndef GATEWAY_CLIENT_H
#define GATEWAY_CLIENT_H
#include <netinet/in.h>
#include <stdint.h>

#include "base/str.h"

#define NETWORKS_MAX 64
#define ADDRESS_SIZE 48

struct network {
    struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d */
    unsigned        bits;
};

struct networks {
    unsigned       count;
    struct network list[NETWORKS_MAX];
};

/* "10.0.0.0/8, ::1": false and a sentence in fault if it is no such list. */
MUST_CHECK bool networks_read(struct networks *n, struct str text, struct buf *fault);
bool            networks_have(const struct networks *n, struct str address);

struct client {
    char address[ADDRESS_SIZE];
    bool is_tls; /* the browser speaks https, whoever ends it */
};

/* peer: the other end of the connection; the two headers as sent, p NULL if not. */
struct client client_of(const struct networks *proxies, struct str peer, struct str forwarded_for,
                        struct str forwarded_proto);

/* The address, or of IPv6 its /64, which is one customer: for limits.  IPv4 has one spelling,
 * however a proxy wrote it. */
struct str client_network(const struct client *c, char to[ADDRESS_SIZE]);

#endif
