/* Looks names up, and keeps a socket for each address. */
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

#define LOOKUP_MS    1000
#define DIALS_MAX    128
#define ENDPOINT_MAX 80
#define LINGER_MS    500 /* at close, to send the last frames; in libzmq's threads */

/* libzmq does not reconnect after its key was refused.  The gateway may allow the
 * key later, so a socket that stays silent is replaced. */
#define REDIAL_MS 5000

struct dial {
    struct dialer *dialer;
    struct dial   *next;
    uint64_t       link;
    zsock_t       *socket;
    char           endpoint[ENDPOINT_MAX];
    uint64_t       last_received; /* when the last frame was, or the socket was made */
    unsigned       name;          /* the one that last resolved to this address */
    bool           listed;        /* it still does */
    bool           silent;        /* no reply: logged once */
};

struct name {
    struct dialer *dialer;
    bool           pending;   /* a lookup is in flight */
    bool           not_found; /* by the last lookup: logged once */
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
    struct timer          lookup;
};

/* ---- one socket ---- */

static void read_one(struct dial *d, zmq_msg_t *msg)
{
    d->last_received = clock_ms();
    if (zmq_msg_more(msg)) {
        metric_add(METRIC_BUS_BAD_FRAMES, 1);
        sockets_skip_rest(d->socket, msg);
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

    for (unsigned i = 0; i < SOCKET_BATCH && sockets_receive(socket, &msg); i++)
        read_one(d, &msg);
    dialer->ops.on_read(dialer->ctx);
}

/* IMMEDIATE: without a connection a frame is refused, not queued.  PROBE_ROUTER: an
 * empty frame announces each new connection, so the gateway sends WHO.  The random
 * RECONNECT_IVL keeps processes from reconnecting all at the same moment.  SNDHWM: a
 * full queue counts as a broken connection, so it has room for what all requests may
 * send at one moment. */
static bool set_options(struct dialer *dialer, zsock_t *socket)
{
    struct socket_option options[] = {
        {ZMQ_IMMEDIATE, 1},
        {ZMQ_PROBE_ROUTER, 1},
        {ZMQ_CONNECT_TIMEOUT, 2000},
        {ZMQ_RECONNECT_IVL, 250 + (int)random_below(250)},
        {ZMQ_SNDHWM, 2000 + 2 * (int)dialer->options.requests_max},
    };

    return sockets_set_limits(socket) && sockets_set(socket, options, COUNT_OF(options)) &&
           sockets_set_text(socket, ZMQ_CURVE_SERVERKEY, dialer->gateway_key) &&
           sockets_set_text(socket, ZMQ_CURVE_PUBLICKEY, dialer->public_key) &&
           sockets_set_text(socket, ZMQ_CURVE_SECRETKEY, dialer->secret_key);
}

static zsock_t *dial_socket(struct dialer *dialer, const char *endpoint)
{
    zsock_t *socket = zsock_new(ZMQ_DEALER);

    must(socket);
    if (set_options(dialer, socket) && zmq_connect(zsock_resolve(socket), endpoint) == 0)
        return socket;
    log_warn(0, "bus.dial_failed", "endpoint=%s why=\"%s\"", endpoint, zmq_strerror(errno));
    zsock_destroy(&socket);
    return NULL;
}

static void watch_socket(struct dial *d, zsock_t *socket)
{
    d->socket = socket;
    d->last_received = clock_ms();
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

/* Takes the dial that *at points to out of the list. */
static void dial_close(struct dialer *dialer, struct dial **at)
{
    struct dial *d = *at;

    *at = d->next;
    dialer->dial_count--;
    id_table_take(&dialer->by_link, d->link);
    loop_socket_end(dialer->loop, d->socket);
    zsock_destroy(&d->socket);
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
    for (struct dial **at = &dialer->dials; *at;) {
        struct dial *d = *at;
        uint64_t     link = d->link;
        if (d->listed || dialer->ops.is_up(dialer->ctx, link)) {
            at = &d->next;
        } else {
            dial_close(dialer, at);
            dialer->ops.on_unlink(dialer->ctx, link);
        }
    }
}

static void on_resolved(void *ctx, const struct resolved *found)
{
    struct name   *n = ctx;
    struct dialer *dialer = n->dialer;
    unsigned       name = (unsigned)(n - dialer->names);

    n->pending = false;
    if (!found->count && !n->not_found)
        log_warn(0, "bus.gateway_not_found", "name=%s why=\"%s\"",
                 dialer->options.names.name[name].host,
                 found->failed ? "DNS does not respond" : "the name has no address");
    n->not_found = !found->count;
    if (found->failed)
        return; /* keep the known addresses */
    for (struct dial *d = dialer->dials; d; d = d->next)
        if (d->name == name)
            d->listed = false;
    for (unsigned i = 0; i < found->count; i++)
        found_address(dialer, name, found->address[i]);
    close_unlisted(dialer);
}

/* A refused key cannot be told from an absent gateway. */
static void log_silent(struct dial *d)
{
    if (!d->silent)
        log_warn(
            0, "bus.gateway_silent",
            "endpoint=%s why=\"not running, a wrong BUS_GATEWAY_KEY, or our key is not allowed\"",
            d->endpoint);
    d->silent = true;
}

static void redial_silent(struct dialer *dialer)
{
    for (struct dial *d = dialer->dials; d; d = d->next) {
        if (dialer->ops.is_up(dialer->ctx, d->link)) {
            d->silent = false;
        } else if (clock_ms() - d->last_received > REDIAL_MS) {
            log_silent(d);
            redial(d);
        }
    }
}

static void look_up_names(struct dialer *dialer)
{
    for (unsigned i = 0; i < dialer->options.names.count; i++) {
        struct name *n = &dialer->names[i];
        if (!n->pending)
            resolver_resolve(dialer->resolver, dialer->options.names.name[i].host, on_resolved, n);
        n->pending = true;
    }
}

static void on_lookup(void *ctx);

static void start_lookup_timer(struct dialer *dialer)
{
    uint64_t jitter = LOOKUP_MS * 3 / 10;

    timer_start(&dialer->lookup, dialer->loop, LOOKUP_MS - jitter + random_below(2 * jitter + 1),
                on_lookup, dialer);
}

static void on_lookup(void *ctx)
{
    struct dialer *dialer = ctx;

    redial_silent(dialer);
    look_up_names(dialer);
    start_lookup_timer(dialer);
}

/* ---- the public functions ---- */

enum err dialer_open(struct dialer **out, struct loop *l, struct resolver *r,
                     const struct dialer_options *o, const struct dialer_ops *ops, void *ctx)
{
    struct dialer *d = mem_new(sizeof *d);
    uint8_t        raw[32];

    if (strlen(o->gateway_key) != KEY_LEN || !zmq_z85_decode(raw, o->gateway_key) ||
        strlen(o->secret_key) != KEY_LEN || zmq_curve_public(d->public_key, o->secret_key)) {
        log_error(0, "bus.open_failed", "what=\"keys\" why=\"not CURVE keys in Z85\"");
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
    look_up_names(d);
    start_lookup_timer(d);
    *out = d;
    return ERR_OK;
}

void dialer_close(struct dialer **dialer)
{
    struct dialer       *d = *dialer;
    struct socket_option linger = {ZMQ_LINGER, LINGER_MS};

    if (!d)
        return;
    timer_stop(&d->lookup);
    for (unsigned i = 0; i < GATEWAYS_MAX; i++)
        resolver_cancel(d->resolver, &d->names[i]);
    while (d->dials) {
        sockets_set(d->dials->socket, &linger, 1);
        dial_close(d, &d->dials);
    }
    id_table_fini(&d->by_link);
    free(d);
    *dialer = NULL;
}

bool dialer_send(struct dialer *d, uint64_t link, struct buf *bytes)
{
    struct dial *to = id_table_find(&d->by_link, link);
    return to && sockets_send(to->socket, bytes);
}
