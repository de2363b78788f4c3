/* gateway_core - the protocol state machine of a gateway, without sockets or clock.
 *
 * Frames, the time and requests go in; actions come out: frames to send, and
 * chunks and ends to deliver (outbox.h).  bus.c drives it with sockets,
 * tests/unit/bus_sim_test.c with a simulated network.
 *
 * Promise: every accepted request ends exactly once, with ACTION_FINAL or
 * ACTION_ERROR, at the latest one tick after its ttl, unless it was cancelled;
 * its chunks come in order and all from one attempt.
 *
 * `now` is in milliseconds of a monotonic clock. */
#ifndef PROTO_BUS_GATEWAY_GATEWAY_CORE_H
#define PROTO_BUS_GATEWAY_GATEWAY_CORE_H
#include "bus/common/allow.h"
#include "bus/common/outbox.h"
#include "bus/common/services.h"

#define GATEWAY_TICK_MS 50 /* gateway_core_tick at least this often */

struct gateway_core;

struct gateway_core_options {
    uint64_t epoch; /* random, never 0 */
    uint64_t seed;
    uint64_t heartbeat_ms;
    unsigned queue_max; /* per service */
};

/* Where a frame came from: the connection, and the key that authenticated it. */
struct sender {
    uint64_t     route;
    enum service service;
    struct str   key; /* Z85 */
};

struct gateway_core *gateway_core_new(const struct gateway_core_options *o, uint64_t now);
void                 gateway_core_free(struct gateway_core **g);
bool                 gateway_core_next(struct gateway_core *g, struct action *out);

/* Events. */
void gateway_core_frame(struct gateway_core *g, uint64_t now, const struct sender *from,
                        struct str bytes); /* empty: the hello of a new connection */
void gateway_core_send_failed(struct gateway_core *g, uint64_t now, uint64_t route);
void gateway_core_allow(struct gateway_core *g, uint64_t now, const struct allow *allow);
void gateway_core_tick(struct gateway_core *g, uint64_t now);

/* Commands; see bus.h. */
MUST_CHECK enum err gateway_core_send(struct gateway_core *g, uint64_t now, enum service s,
                                      struct str body, uint64_t ttl_ms, struct str trace,
                                      uint64_t *id);
enum err gateway_core_would_accept(const struct gateway_core *g, uint64_t now, enum service s,
                                   uint64_t ttl_ms);
void     gateway_core_cancel(struct gateway_core *g, uint64_t now, uint64_t id);
void     gateway_core_cancel_turn(struct gateway_core *g, uint64_t now, struct str turn_id);
void     gateway_core_credit(struct gateway_core *g, uint64_t now, uint64_t id, uint64_t bytes);

/* State. */
unsigned gateway_core_queue_position(const struct gateway_core *g, uint64_t now, uint64_t id);
uint64_t gateway_core_retry_in_ms(const struct gateway_core *g, uint64_t now, uint64_t id);
unsigned gateway_core_instances(const struct gateway_core *g, uint64_t now, enum service s);
unsigned gateway_core_open_requests(const struct gateway_core *g);
void     gateway_core_update_metrics(const struct gateway_core *g, uint64_t now);

#endif
