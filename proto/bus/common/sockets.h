/* sockets - the ZeroMQ settings both ends of the bus share, and whole frames in and out.
 *
 * Limits, heartbeats and CURVE are set here and every return code is looked at:
 * a setting that the library silently lacks would be a door left open. */
#ifndef PROTO_BUS_SOCKETS_H
#define PROTO_BUS_SOCKETS_H
#include <stdbool.h>

#include <czmq.h>

#include "base/str.h"

#define SOCKET_BATCH 256 /* messages read per wake, so that others get their turn */

struct socket_option {
    int option, value;
};

bool socket_set(zsock_t *s, const struct socket_option *options, unsigned count);
bool socket_set_limits(zsock_t *s); /* what both ends share */
bool socket_set_text(zsock_t *s, int option, const char *text);

/* The next part of a message, without waiting; false: there is none.  Close it. */
bool socket_receive(zsock_t *s, zmq_msg_t *part);
void socket_skip_rest(zsock_t *s, const zmq_msg_t *last); /* more parts than there should be */

/* Takes the bytes in every case; false: the peer is gone or takes no more. */
bool socket_send(zsock_t *s, struct buf *bytes);

#endif
