/* Requests [version, id, domain, address, routing id, mechanism, key],
 * replies [version, id, status, text, user id, metadata]. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/common/sockets.h"
#include "bus/gateway/zap.h"

#define ENDPOINT "inproc://zeromq.zap.01"

enum { ASK_VERSION, ASK_ID, ASK_DOMAIN, ASK_ADDRESS, ASK_ROUTE, ASK_MECHANISM, ASK_KEY, ASK_PARTS };

struct zap {
    zsock_t            *socket;
    const struct allow *allow; /* borrowed */
    char                expected[KEY_LEN + 1];
    bool                refused;
};

struct zap *zap_open(const struct allow *allow)
{
    struct zap *z = mem_new(sizeof *z);

    z->allow = allow;
    z->socket = zsock_new(ZMQ_REP);
    must(z->socket);
    if (zmq_bind(zsock_resolve(z->socket), ENDPOINT))
        zap_close(&z);
    return z;
}

void zap_close(struct zap **zap)
{
    struct zap *z = *zap;

    if (!z)
        return;
    /* Closing alone would free the name some time later, in another thread. */
    zmq_unbind(zsock_resolve(z->socket), ENDPOINT);
    zsock_destroy(&z->socket);
    free(z);
    *zap = NULL;
}

zsock_t *zap_socket(struct zap *z)
{
    return z->socket;
}

void zap_expect(struct zap *z, const char *key)
{
    str_format(z->expected, sizeof z->expected, "%s", key);
    z->refused = false;
}

bool zap_has_refused(const struct zap *z)
{
    return z->refused;
}

static bool is(zmq_msg_t *part, const char *text)
{
    return str_is((struct str){zmq_msg_data(part), zmq_msg_size(part)}, text);
}

/* The key in Z85, if the request is well formed and the key may come in. */
static bool is_allowed(struct zap *z, zmq_msg_t *ask, char key[KEY_LEN + 1])
{
    enum service service;

    key[0] = '\0';
    if (!is(&ask[ASK_MECHANISM], "CURVE") || zmq_msg_size(&ask[ASK_KEY]) != 32)
        return false;
    must(zmq_z85_encode(key, zmq_msg_data(&ask[ASK_KEY]), 32));
    return is(&ask[ASK_VERSION], "1.0") && is(&ask[ASK_DOMAIN], ZAP_DOMAIN) &&
           allow_find(z->allow, str_of(key), &service);
}

static void reply(struct zap *z, zmq_msg_t *ask)
{
    char key[KEY_LEN + 1];
    bool good = is_allowed(z, ask, key);

    if (!good) {
        metric_add(METRIC_BUS_AUTH_REJECTED, 1);
        z->refused |= strcmp(key, z->expected) == 0;
    }
    zsock_send(z->socket, "sbssss", "1.0", zmq_msg_data(&ask[ASK_ID]), zmq_msg_size(&ask[ASK_ID]),
               good ? "200" : "400", "", good ? key : "", "");
}

/* The parts of the next request; false: there is none. */
static bool take(struct zap *z, zmq_msg_t ask[ASK_PARTS])
{
    unsigned count = 0;

    for (bool more = true; more && count < ASK_PARTS; count++) {
        if (!socket_receive(z->socket, &ask[count]))
            break;
        more = zmq_msg_more(&ask[count]);
    }
    if (!count)
        return false;
    socket_skip_rest(z->socket, &ask[count - 1]);
    /* libzmq itself is the only one who asks. */
    must(count == ASK_PARTS);
    return true;
}

void zap_serve(struct zap *z)
{
    zmq_msg_t ask[ASK_PARTS];

    while (take(z, ask)) {
        reply(z, ask);
        for (unsigned i = 0; i < ASK_PARTS; i++)
            zmq_msg_close(&ask[i]);
    }
}
