/* gateways - parses BUS_GATEWAYS, the addresses of the gateways.
 *
 * "gateway-bus, 10.0.0.7:5555, [fd00::7]:5556": names and addresses separated by
 * commas; the default port is 5555. */
#ifndef PROTO_BUS_BACKEND_GATEWAYS_H
#define PROTO_BUS_BACKEND_GATEWAYS_H
#include "base/err.h"

#define GATEWAYS_MAX  16
#define HOST_NAME_LEN 253

struct gateway_name {
    char     host[HOST_NAME_LEN + 1]; /* IPv6 without brackets */
    unsigned port;
};

struct gateway_names {
    unsigned            count;
    struct gateway_name name[GATEWAYS_MAX];
};

/* ERR_BAD_REQUEST if the text is empty or a part of it is invalid. */
MUST_CHECK enum err gateways_parse(struct gateway_names *out, struct str text);

#endif
