/* backend_core - the protocol state machine of a backend, without sockets or clock.
 *
 * Frames, the time and results go in; actions come out: frames to send, and
 * requests, cancels and credits to deliver (outbox.h).  backend.c drives it
 * with sockets, tests/unit/bus_sim_test.c with a simulated network.
 *
 * Promise: a slot, or a unit of a gateway's window, holds one request at a
 * time; a request is delivered once, and cancelled once if its gateway, or the
 * link to it, or its ttl ends before the request does.
 *
 * `now` is in milliseconds of a monotonic clock. */
#ifndef PROTO_BUS_BACKEND_BACKEND_CORE_H
#define PROTO_BUS_BACKEND_BACKEND_CORE_H
#include "bus/common/outbox.h"
#include "bus/common/services.h"
#include "wire/messages.h"

#define BACKEND_TICK_MS 50 /* backend_core_tick at least this often */

struct backend_core;

struct backend_core_options {
    enum service service;
    const char  *instance; /* id of this process */
    uint64_t     boot;     /* its start, ms since 1970 */
    uint64_t     seed;
    unsigned     window, slots; /* one of them is 0 */
    unsigned     offers;        /* open at one gateway at a time; 0: the default */
};

struct backend_core *backend_core_new(const struct backend_core_options *o, uint64_t now);
void                 backend_core_free(struct backend_core **b);
bool                 backend_core_next(struct backend_core *b, struct action *out);

/* A link leads to one address where a gateway may be.  The caller chooses its id. */
void backend_core_link(struct backend_core *b, uint64_t now, uint64_t link);
void backend_core_unlink(struct backend_core *b, uint64_t link);
bool backend_core_is_up(const struct backend_core *b, uint64_t link);

/* Events. */
void backend_core_frame(struct backend_core *b, uint64_t now, uint64_t link, struct str bytes);
void backend_core_send_failed(struct backend_core *b, uint64_t link);
void backend_core_tick(struct backend_core *b, uint64_t now);

/* Commands; see backend.h. */
void backend_core_final(struct backend_core *b, uint64_t now, uint64_t handle, struct str body);
void backend_core_error(struct backend_core *b, uint64_t now, uint64_t handle,
                        const struct error *e);
void backend_core_cancelled(struct backend_core *b, uint64_t now, uint64_t handle);
void backend_core_chunk(struct backend_core *b, uint64_t handle, struct str body);
void backend_core_drain(struct backend_core *b, uint64_t now);
void backend_core_bye(struct backend_core *b);

/* State. */
uint64_t backend_core_credit(const struct backend_core *b, uint64_t handle);
bool     backend_core_is_open(const struct backend_core *b, uint64_t handle); /* not ended */
unsigned backend_core_gateways(const struct backend_core *b);
bool     backend_core_is_draining(const struct backend_core *b);
void     backend_core_update_metrics(const struct backend_core *b);

#endif
