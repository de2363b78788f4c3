/* zap - authenticates connections: the ZAP handler (ZeroMQ RFC 27) of a gateway.
 *
 * libzmq sends it a request for every CURVE handshake.  Only keys of the allow list
 * are accepted, and the key in Z85 becomes the User-Id of every message of that
 * connection.  It must be bound before the socket it guards, because libzmq
 * accepts every key while there is no handler. */
#ifndef PROTO_BUS_GATEWAY_ZAP_H
#define PROTO_BUS_GATEWAY_ZAP_H
#include <czmq.h>

#include "bus/common/allow.h"

#define ZAP_DOMAIN "bus"

struct zap;

/* NULL if another handler is bound in this process.  allow is borrowed and may
 * change between calls. */
struct zap *zap_open(const struct allow *allow);
void        zap_close(struct zap **z);
zsock_t    *zap_socket(struct zap *z);
void        zap_serve(struct zap *z); /* when the socket is readable */

/* zap_has_refused tells whether this key was refused since. */
void zap_expect(struct zap *z, const char *key);
bool zap_has_refused(const struct zap *z);

#endif
