/* One DEALER with a fresh key, its monitor, and the ZAP handler, polled until it is decided. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "bus/common/sockets.h"
#include "bus/gateway/self_test.h"

#define TIME_MS  5000
#define VERDICTS (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

struct stranger {
    zsock_t *socket, *monitor;
    char     monitor_name[48];
    char     public_key[KEY_LEN + 1], secret_key[KEY_LEN + 1];
};

/* A wildcard is bound, but cannot be dialled. */
static void dialable(const char *endpoint, char out[128])
{
    const char *port = strrchr(endpoint, ':');

    if (strncmp(endpoint, "tcp://0.0.0.0:", 14) == 0 || strncmp(endpoint, "tcp://[::]:", 11) == 0)
        str_format(out, 128, "tcp://127.0.0.1%s", port);
    else
        str_format(out, 128, "%s", endpoint);
}

static bool stranger_open(struct stranger *s, const char *endpoint, const char *server_key)
{
    char to[128];

    s->socket = zsock_new(ZMQ_DEALER);
    s->monitor = zsock_new(ZMQ_PAIR);
    must(s->socket && s->monitor);
    dialable(endpoint, to);
    /* A name of its own: libzmq frees one some time after its socket is closed. */
    str_format(s->monitor_name, sizeof s->monitor_name, "inproc://self-test-%016" PRIx64,
               random_u64());
    return zmq_curve_keypair(s->public_key, s->secret_key) == 0 && socket_set_limits(s->socket) &&
           socket_set_text(s->socket, ZMQ_CURVE_SERVERKEY, server_key) &&
           socket_set_text(s->socket, ZMQ_CURVE_PUBLICKEY, s->public_key) &&
           socket_set_text(s->socket, ZMQ_CURVE_SECRETKEY, s->secret_key) &&
           zmq_socket_monitor(zsock_resolve(s->socket), s->monitor_name, VERDICTS) == 0 &&
           zmq_connect(zsock_resolve(s->monitor), s->monitor_name) == 0 &&
           zmq_connect(zsock_resolve(s->socket), to) == 0;
}

static void stranger_close(struct stranger *s)
{
    zmq_socket_monitor(zsock_resolve(s->socket), NULL, 0);
    zsock_destroy(&s->monitor);
    zsock_destroy(&s->socket);
}

/* The event of the monitor, 0 if there is none yet: 16 bits in the first part. */
static unsigned read_event(struct stranger *s)
{
    zmq_msg_t part;
    uint16_t  event = 0;

    if (!socket_receive(s->monitor, &part))
        return 0;
    if (zmq_msg_size(&part) >= sizeof event)
        memcpy(&event, zmq_msg_data(&part), sizeof event);
    socket_skip_rest(s->monitor, &part);
    zmq_msg_close(&part);
    return event;
}

static unsigned wait_for_verdict(struct stranger *s, struct zap *z)
{
    zmq_pollitem_t items[] = {{zsock_resolve(zap_socket(z)), 0, ZMQ_POLLIN, 0},
                              {zsock_resolve(s->monitor), 0, ZMQ_POLLIN, 0}};
    unsigned       event = 0;

    for (uint64_t end = clock_ms() + TIME_MS; !event && clock_ms() < end;) {
        zmq_poll(items, COUNT_OF(items), 100);
        zap_serve(z);
        event = read_event(s);
    }
    return event;
}

/* Why the door may be open, or NULL: the stranger was refused, and by our handler. */
static const char *try_door(struct stranger *s, struct zap *z, const char *endpoint,
                            const char *server_key)
{
    if (!stranger_open(s, endpoint, server_key))
        return zmq_strerror(errno);
    zap_expect(z, s->public_key);
    unsigned event = wait_for_verdict(s, z);
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        return "a stranger's key was let in";
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && zap_has_refused(z))
        return NULL;
    return "no verdict on a stranger's key";
}

enum err self_test(struct zap *z, const char *endpoint, const char *server_key)
{
    struct stranger s = {0};
    const char     *why = try_door(&s, z, endpoint, server_key);

    stranger_close(&s);
    if (!why)
        return ERR_OK;
    log_error(0, "bus.self_test_failed", "endpoint=%s why=%s", endpoint, log_quote(str_of(why)));
    return ERR_DOWN;
}
