/* Looking names up, and a socket for each address. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "bus/backend/dialer.h"
#include "bus/common/allow.h"
#include "bus/common/id_table.h"

#define LOOK_UP_MS   1000
#define DIALS_MAX    128
#define ENDPOINT_MAX 80
#define GOODBYE_MS   500 /* for the last frames to get out */

/* libzmq never dials again where its key was refused.  The gateway may have
 * learned the key since, so a socket that stays silent is replaced. */
#define REDIAL_MS 5000

struct dial {
    struct dialer *dialer;
    struct dial   *next;
    uint64_t       link;
    zsock_t       *socket;
    char           endpoint[ENDPOINT_MAX];
    uint64_t       heard;  /* when the last frame came, or the socket was made */
    unsigned       name;   /* which of the names led here last */
    bool           listed; /* that name still does */
    bool           silent; /* nobody answered there: said once */
};

struct name {
    struct dialer *dialer;
    bool           asked;  /* a look-up is under way */
    bool           silent; /* the last one found nothing: said once */
};

struct dialer {
    struct loop          *loop;     /* borrowed */
    struct resolver      *resolver; /* borrowed */
    struct dialer_options options;
    char                  secret_key[KEY_LEN + 1], public_key[KEY_LEN + 1];
    char                  gateway_key[KEY_LEN + 1];
    struct dialer_ops     ops;
    void                 *ctx;
    struct name           names[GATEWAYS_MAX];
    struct dial          *dials; /* owned */
    unsigned              dial_count;
    uint64_t              last_link;
    struct id_table       by_link;
    struct timer          look_up;
};

/* ---- one socket ---- */

static void read_one(struct dial *d, zmq_msg_t *msg)
{
    d->heard = clock_ms();
    if (zmq_msg_more(msg)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        socket_skip_rest(d->socket, msg);
    } else {
        d->dialer->ops.on_frame(d->dialer->ctx, d->link,
                                (struct str){zmq_msg_data(msg), zmq_msg_size(msg)});
    }
    zmq_msg_close(msg);
}

static void on_readable(void *ctx, zsock_t *socket)
{
    struct dial   *d = ctx;
    struct dialer *dialer = d->dialer;
    zmq_msg_t      msg;

    for (unsigned i = 0; i < SOCKET_BATCH && socket_receive(socket, &msg); i++)
        read_one(d, &msg);
    dialer->ops.on_read(dialer->ctx);
}

/* IMMEDIATE: a frame for a gateway that is not connected is refused, not kept.
 * PROBE_ROUTER: says hello when the connection is made, so the gateway asks WHO.
 * The interval of trying again differs from process to process, so that they do
 * not all knock at once.  SNDHWM: a line that is full is taken for broken, so it
 * has room for what all requests may have to say in one moment. */
static bool set_options(struct dialer *dialer, zsock_t *socket)
{
    struct socket_option options[] = {
        {ZMQ_IMMEDIATE, 1},
        {ZMQ_PROBE_ROUTER, 1},
        {ZMQ_CONNECT_TIMEOUT, 2000},
        {ZMQ_RECONNECT_IVL, 250 + (int)random_below(250)},
        {ZMQ_SNDHWM, 2000 + 2 * (int)dialer->options.most},
    };

    return socket_set_limits(socket) && socket_set(socket, options, COUNT_OF(options)) &&
           socket_set_text(socket, ZMQ_CURVE_SERVERKEY, dialer->gateway_key) &&
           socket_set_text(socket, ZMQ_CURVE_PUBLICKEY, dialer->public_key) &&
           socket_set_text(socket, ZMQ_CURVE_SECRETKEY, dialer->secret_key);
}

static zsock_t *dial_socket(struct dialer *dialer, const char *endpoint)
{
    zsock_t *socket = zsock_new(ZMQ_DEALER);

    must(socket);
    if (set_options(dialer, socket) && zmq_connect(zsock_resolve(socket), endpoint) == 0)
        return socket;
    log_warn(0, "bus.not_dialled", "endpoint=%s why=\"%s\"", endpoint, zmq_strerror(errno));
    zsock_destroy(&socket);
    return NULL;
}

static void watch_socket(struct dial *d, zsock_t *socket)
{
    d->socket = socket;
    d->heard = clock_ms();
    loop_socket(d->dialer->loop, socket, on_readable, d);
}

static void dial_open(struct dialer *dialer, const char *endpoint, unsigned name)
{
    zsock_t *socket = dialer->dial_count < DIALS_MAX ? dial_socket(dialer, endpoint) : NULL;

    if (!socket)
        return;
    struct dial *d = mem_new(sizeof *d);
    d->dialer = dialer;
    d->link = ++dialer->last_link;
    d->name = name;
    d->listed = true;
    str_format(d->endpoint, sizeof d->endpoint, "%s", endpoint);
    d->next = dialer->dials;
    dialer->dials = d;
    dialer->dial_count++;
    id_table_add(&dialer->by_link, d->link, d);
    dialer->ops.on_link(dialer->ctx, d->link);
    watch_socket(d, socket);
}

static void redial(struct dial *d)
{
    zsock_t *socket = dial_socket(d->dialer, d->endpoint);

    if (!socket)
        return;
    loop_socket_end(d->dialer->loop, d->socket);
    zsock_destroy(&d->socket);
    watch_socket(d, socket);
}

/* Takes the dial that *place points to out of the list. */
static void dial_close(struct dialer *dialer, struct dial **place)
{
    struct dial *d = *place;

    *place = d->next;
    dialer->dial_count--;
    id_table_take(&dialer->by_link, d->link);
    loop_socket_end(dialer->loop, d->socket);
    zsock_destroy(&d->socket);
    dialer->ops.on_unlink(dialer->ctx, d->link);
    free(d);
}

/* ---- names ---- */

static struct dial *find_dial(struct dialer *dialer, const char *endpoint)
{
    for (struct dial *d = dialer->dials; d; d = d->next)
        if (strcmp(d->endpoint, endpoint) == 0)
            return d;
    return NULL;
}

static void found_address(struct dialer *dialer, unsigned name, const char *address)
{
    char endpoint[ENDPOINT_MAX];
    bool v6 = strchr(address, ':') != NULL;

    str_format(endpoint, sizeof endpoint, v6 ? "tcp://[%s]:%u" : "tcp://%s:%u", address,
               dialer->options.names.name[name].port);
    struct dial *d = find_dial(dialer, endpoint);
    if (!d) {
        dial_open(dialer, endpoint, name);
    } else {
        d->name = name;
        d->listed = true;
    }
}

static void close_unlisted(struct dialer *dialer)
{
    for (struct dial **place = &dialer->dials; *place;) {
        struct dial *d = *place;
        if (!d->listed && !dialer->ops.is_up(dialer->ctx, d->link))
            dial_close(dialer, place);
        else
            place = &d->next;
    }
}

static void on_resolved(void *ctx, const struct resolved *found)
{
    struct name   *n = ctx;
    struct dialer *dialer = n->dialer;
    unsigned       name = (unsigned)(n - dialer->names);

    n->asked = false;
    if (!found->count && !n->silent)
        log_warn(0, "bus.gateway_not_found", "name=%s why=\"%s\"",
                 dialer->options.names.name[name].host,
                 found->failed ? "DNS does not answer" : "the name has no address");
    n->silent = !found->count;
    if (found->failed)
        return; /* what we knew still counts */
    for (struct dial *d = dialer->dials; d; d = d->next)
        if (d->name == name)
            d->listed = false;
    for (unsigned i = 0; i < found->count; i++)
        found_address(dialer, name, found->address[i]);
    close_unlisted(dialer);
}

/* A refused key looks like nobody at all, here and to libzmq. */
static void say_silent(struct dial *d)
{
    if (!d->silent)
        log_warn(
            0, "bus.gateway_silent",
            "endpoint=%s why=\"not there, another BUS_GATEWAY_KEY, or our key is not allowed\"",
            d->endpoint);
    d->silent = true;
}

static void redial_silent(struct dialer *dialer)
{
    for (struct dial *d = dialer->dials; d; d = d->next) {
        if (dialer->ops.is_up(dialer->ctx, d->link)) {
            d->silent = false;
        } else if (clock_ms() - d->heard > REDIAL_MS) {
            say_silent(d);
            redial(d);
        }
    }
}

static void look_up(void *ctx)
{
    struct dialer *dialer = ctx;
    uint64_t       third = LOOK_UP_MS * 3 / 10;

    redial_silent(dialer);
    for (unsigned i = 0; i < dialer->options.names.count; i++) {
        struct name *n = &dialer->names[i];
        if (!n->asked)
            resolver_resolve(dialer->resolver, dialer->options.names.name[i].host, on_resolved, n);
        n->asked = true;
    }
    timer_start(&dialer->look_up, dialer->loop, LOOK_UP_MS - third + random_below(2 * third + 1),
                look_up, dialer);
}

/* ---- the whole ---- */

enum err dialer_open(struct dialer **out, struct loop *l, struct resolver *r,
                     const struct dialer_options *o, const struct dialer_ops *ops, void *ctx)
{
    struct dialer *d = mem_new(sizeof *d);
    uint8_t        raw[32];

    if (strlen(o->gateway_key) != KEY_LEN || !zmq_z85_decode(raw, o->gateway_key) ||
        strlen(o->secret_key) != KEY_LEN || zmq_curve_public(d->public_key, o->secret_key)) {
        log_error(0, "bus.not_opened", "what=\"keys\" why=\"not CURVE keys in Z85\"");
        free(d);
        return ERR_BAD_REQUEST;
    }
    str_format(d->secret_key, sizeof d->secret_key, "%s", o->secret_key);
    str_format(d->gateway_key, sizeof d->gateway_key, "%s", o->gateway_key);
    d->loop = l;
    d->resolver = r;
    d->options = *o;
    d->ops = *ops;
    d->ctx = ctx;
    for (unsigned i = 0; i < GATEWAYS_MAX; i++)
        d->names[i].dialer = d;
    look_up(d);
    *out = d;
    return ERR_OK;
}

void dialer_close(struct dialer **dialer)
{
    struct dialer       *d = *dialer;
    struct socket_option goodbye = {ZMQ_LINGER, GOODBYE_MS};

    if (!d)
        return;
    timer_stop(&d->look_up);
    for (unsigned i = 0; i < GATEWAYS_MAX; i++)
        resolver_cancel(d->resolver, &d->names[i]);
    while (d->dials) {
        socket_set(d->dials->socket, &goodbye, 1);
        dial_close(d, &d->dials);
    }
    id_table_fini(&d->by_link);
    free(d);
    *dialer = NULL;
}

bool dialer_send(struct dialer *d, uint64_t link, struct buf *bytes)
{
    struct dial *to = id_table_find(&d->by_link, link);
    return to && socket_send(to->socket, bytes);
}
