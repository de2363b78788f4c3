/* Polls a DEALER with a new key, its monitor and the ZAP handler until there is a verdict. */
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "bus/common/sockets.h"
#include "bus/gateway/self_test.h"

#define LIMIT_MS 5000
#define VERDICTS (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

struct probe {
    zsock_t *socket, *monitor;
    char     monitor_name[48];
    char     public_key[KEY_LEN + 1], secret_key[KEY_LEN + 1];
};

/* A wildcard can be bound, but not connected to. */
static void make_connectable(const char *endpoint, char out[128])
{
    const char *port = strrchr(endpoint, ':');

    if (strncmp(endpoint, "tcp://0.0.0.0:", 14) == 0 || strncmp(endpoint, "tcp://[::]:", 11) == 0)
        str_format(out, 128, "tcp://127.0.0.1%s", port);
    else
        str_format(out, 128, "%s", endpoint);
}

static bool probe_open(struct probe *s, const char *endpoint, const char *server_key)
{
    char to[128];

    s->socket = zsock_new(ZMQ_DEALER);
    s->monitor = zsock_new(ZMQ_PAIR);
    must(s->socket && s->monitor);
    make_connectable(endpoint, to);
    /* A unique name: libzmq frees one some time after its socket is closed. */
    str_format(s->monitor_name, sizeof s->monitor_name, "inproc://self-test-%016" PRIx64,
               random_u64());
    return zmq_curve_keypair(s->public_key, s->secret_key) == 0 && sockets_set_limits(s->socket) &&
           sockets_set_text(s->socket, ZMQ_CURVE_SERVERKEY, server_key) &&
           sockets_set_text(s->socket, ZMQ_CURVE_PUBLICKEY, s->public_key) &&
           sockets_set_text(s->socket, ZMQ_CURVE_SECRETKEY, s->secret_key) &&
           zmq_socket_monitor(zsock_resolve(s->socket), s->monitor_name, VERDICTS) == 0 &&
           zmq_connect(zsock_resolve(s->monitor), s->monitor_name) == 0 &&
           zmq_connect(zsock_resolve(s->socket), to) == 0;
}

static void probe_close(struct probe *s)
{
    zmq_socket_monitor(zsock_resolve(s->socket), NULL, 0);
    zsock_destroy(&s->monitor);
    zsock_destroy(&s->socket);
}

/* The next event of the monitor, in the first 16 bits of its message; 0: none yet. */
static unsigned read_event(struct probe *s)
{
    zmq_msg_t part;
    uint16_t  event = 0;

    if (!sockets_receive(s->monitor, &part))
        return 0;
    if (zmq_msg_size(&part) >= sizeof event)
        memcpy(&event, zmq_msg_data(&part), sizeof event);
    sockets_skip_rest(s->monitor, &part);
    zmq_msg_close(&part);
    return event;
}

static unsigned wait_for_verdict(struct probe *s, struct zap *z)
{
    zmq_pollitem_t items[] = {{zsock_resolve(zap_socket(z)), 0, ZMQ_POLLIN, 0},
                              {zsock_resolve(s->monitor), 0, ZMQ_POLLIN, 0}};
    unsigned       event = 0;

    for (uint64_t end = clock_ms() + LIMIT_MS; !event && clock_ms() < end;) {
        zmq_poll(items, COUNT_OF(items), 100);
        zap_serve(z);
        event = read_event(s);
    }
    return event;
}

/* NULL if the unknown key was refused by our handler, otherwise what is wrong. */
static const char *find_fault(struct probe *s, struct zap *z, const char *endpoint,
                              const char *server_key)
{
    if (!probe_open(s, endpoint, server_key))
        return zmq_strerror(errno);
    zap_expect(z, s->public_key);
    unsigned event = wait_for_verdict(s, z);
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        return "an unknown key was accepted";
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && zap_has_refused(z))
        return NULL;
    return "no verdict on an unknown key";
}

enum err self_test(struct zap *z, const char *endpoint, const char *server_key)
{
    struct probe s = {0};
    const char  *why = find_fault(&s, z, endpoint, server_key);

    probe_close(&s);
    if (!why)
        return ERR_OK;
    log_error(0, "bus.self_test_failed", "endpoint=%s why=%s", endpoint, log_quote(str_of(why)));
    return ERR_DOWN;
}
