/* client - finds the address of the client behind the proxies we trust.
 *
 * Any client can send X-Forwarded-For and X-Forwarded-Proto.  The entries count
 * only while each hop, from ours outward, is an address that we trust; the
 * first one that is not is the client. */
#ifndef GATEWAY_CLIENT_H
#define GATEWAY_CLIENT_H
#include "http/networks.h"

struct client {
    char address[NETWORKS_ADDRESS_SIZE];
    bool is_tls; /* the browser uses https, wherever TLS ends */
};

/* peer: the other end of the connection; the two headers as sent, p NULL if not. */
struct client client_of(const struct networks *proxies, struct str peer, struct str forwarded_for,
                        struct str forwarded_proto);

/* For limits: the address, or of an IPv6 address its /64, which is one customer.  An IPv4 address
 * has one spelling, however a proxy wrote it. */
struct str client_network(const struct client *c, char to[NETWORKS_ADDRESS_SIZE]);

#endif
