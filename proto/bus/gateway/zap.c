/* Requests [version, id, domain, address, routing id, mechanism, key],
 * replies [version, id, status, text, user id, metadata]. */
#include <stdlib.h>

#include "base/metrics.h"
#include "bus/common/sockets.h"
#include "bus/gateway/zap.h"

#define ENDPOINT "inproc://zeromq.zap.01"

enum {
    PART_VERSION,
    PART_ID,
    PART_DOMAIN,
    PART_ADDRESS,
    PART_ROUTE,
    PART_MECHANISM,
    PART_KEY,
    PART_COUNT,
};

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
    /* Closing alone would free the endpoint later, in another thread. */
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

/* Whether the request is valid and its key allowed; sets the key in Z85. */
static bool is_allowed(struct zap *z, zmq_msg_t *request, char key[KEY_LEN + 1])
{
    enum service service;

    key[0] = '\0';
    if (!is(&request[PART_MECHANISM], "CURVE") || zmq_msg_size(&request[PART_KEY]) != 32)
        return false;
    must(zmq_z85_encode(key, zmq_msg_data(&request[PART_KEY]), 32));
    return is(&request[PART_VERSION], "1.0") && is(&request[PART_DOMAIN], ZAP_DOMAIN) &&
           allow_find(z->allow, str_of(key), &service);
}

static void reply(struct zap *z, zmq_msg_t *request)
{
    char key[KEY_LEN + 1];
    bool good = is_allowed(z, request, key);

    if (!good) {
        metric_add(METRIC_BUS_AUTH_REJECTED, 1);
        z->refused |= strcmp(key, z->expected) == 0;
    }
    zsock_send(z->socket, "sbssss", "1.0", zmq_msg_data(&request[PART_ID]),
               zmq_msg_size(&request[PART_ID]), good ? "200" : "400", "", good ? key : "", "");
}

/* The parts of the next request; false: there is none. */
static bool take(struct zap *z, zmq_msg_t request[PART_COUNT])
{
    unsigned count = 0;

    for (bool more = true; more && count < PART_COUNT; count++) {
        if (!sockets_receive(z->socket, &request[count]))
            break;
        more = zmq_msg_more(&request[count]);
    }
    if (!count)
        return false;
    sockets_skip_rest(z->socket, &request[count - 1]);
    /* Only libzmq itself sends these requests. */
    must(count == PART_COUNT);
    return true;
}

void zap_serve(struct zap *z)
{
    zmq_msg_t request[PART_COUNT];

    while (take(z, request)) {
        reply(z, request);
        for (unsigned i = 0; i < PART_COUNT; i++)
            zmq_msg_close(&request[i]);
    }
}
