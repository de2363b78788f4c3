/* zap - who may connect: the ZAP handler (ZeroMQ RFC 27) of a gateway.
 *
 * libzmq asks it about every CURVE handshake.  A key of the allow list is let
 * in, and its Z85 form becomes the User-Id of every message of that connection;
 * nobody else is.  It must be bound before the socket it guards, because libzmq
 * lets everybody in when there is no handler. */
#ifndef PROTO_BUS_ZAP_H
#define PROTO_BUS_ZAP_H
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

/* Whether this key was asked about and refused. */
void zap_expect(struct zap *z, const char *key);
bool zap_has_refused(const struct zap *z);

#endif
