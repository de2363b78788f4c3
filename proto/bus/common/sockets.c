/* Options, sending and receiving. */
#include <stdlib.h>

#include "bus/common/sockets.h"
#include "wire/frame.h"

static const struct socket_option limits[] = {
    {ZMQ_IPV6, 1},
    {ZMQ_LINGER, 0},
    {ZMQ_SNDTIMEO, 0},
    {ZMQ_SNDHWM, 2000},
    {ZMQ_RCVHWM, 2000},
    {ZMQ_HEARTBEAT_IVL, 1000},
    {ZMQ_HEARTBEAT_TIMEOUT, 3000},
    {ZMQ_HEARTBEAT_TTL, 3000},
    {ZMQ_HANDSHAKE_IVL, 3000},
    {ZMQ_TCP_KEEPALIVE, 1},
};

bool sockets_set(zsock_t *s, const struct socket_option *options, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (zmq_setsockopt(zsock_resolve(s), options[i].option, &options[i].value,
                           sizeof options[i].value))
            return false;
    return true;
}

bool sockets_set_limits(zsock_t *s)
{
    int64_t largest = FRAME_MAX;

    return sockets_set(s, limits, COUNT_OF(limits)) &&
           zmq_setsockopt(zsock_resolve(s), ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0;
}

bool sockets_set_text(zsock_t *s, int option, const char *text)
{
    return zmq_setsockopt(zsock_resolve(s), option, text, strlen(text)) == 0;
}

bool sockets_receive(zsock_t *s, zmq_msg_t *part)
{
    zmq_msg_init(part);
    if (zmq_msg_recv(part, zsock_resolve(s), ZMQ_DONTWAIT) >= 0)
        return true;
    zmq_msg_close(part);
    return false;
}

void sockets_skip_rest(zsock_t *s, const zmq_msg_t *last)
{
    bool more = zmq_msg_more(last);

    while (more) {
        zmq_msg_t part;
        if (!sockets_receive(s, &part))
            return;
        more = zmq_msg_more(&part);
        zmq_msg_close(&part);
    }
}

static void free_bytes(void *bytes, void *hint)
{
    (void)hint;
    free(bytes);
}

bool sockets_send(zsock_t *s, struct buf *bytes)
{
    size_t    len = bytes->len;
    zmq_msg_t msg;

    must(zmq_msg_init_data(&msg, buf_take(bytes), len, free_bytes, NULL) == 0);
    if (zmq_msg_send(&msg, zsock_resolve(s), ZMQ_DONTWAIT) >= 0)
        return true;
    zmq_msg_close(&msg);
    return false;
}
