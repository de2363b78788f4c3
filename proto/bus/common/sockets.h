/* sockets - the ZeroMQ options that both ends of the bus share, and sending and receiving.
 *
 * Every return code is checked: an option that the library silently lacks could
 * leave the bus open to anybody. */
#ifndef PROTO_BUS_COMMON_SOCKETS_H
#define PROTO_BUS_COMMON_SOCKETS_H
#include <stdbool.h>

#include <czmq.h>

#include "base/str.h"

#define SOCKET_BATCH 256 /* messages read per wake-up, so that other handlers get their turn */

struct socket_option {
    int option, value;
};

bool sockets_set(zsock_t *s, const struct socket_option *options, unsigned count);
bool sockets_set_limits(zsock_t *s); /* the shared options */
bool sockets_set_text(zsock_t *s, int option, const char *text);

/* The next part of a message, without blocking, to be closed by the caller; false: none. */
bool sockets_receive(zsock_t *s, zmq_msg_t *part);
void sockets_skip_rest(zsock_t *s, const zmq_msg_t *last); /* surplus parts */

/* Takes the bytes in any case; false: not connected, or the queue is full. */
bool sockets_send(zsock_t *s, struct buf *bytes);

#endif
