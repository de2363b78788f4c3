/* gateway - browsers on one side, the bus on the other: everything that runs in this process. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H
#include "base/uuid.h"
#include "bus/gateway/bus.h"
#include "config.h"
#include "http/router.h"
#include "loop/http.h"
#include "routes/models_cache.h"
#include "session/rate.h"

struct gateway {
    const struct config *config; /* borrowed */
    struct loop         *loop;   /* borrowed */
    struct http         *http;
    struct router        router;
    struct admin        *admin;
    struct otlp         *otlp;
    struct bus          *bus;
    struct static_files *files;
    struct turns        *turns;
    struct models_cache  models;
    struct rate         *by_address, *by_session, *new_sessions, *key_tests, *searches, *imports;
    uint64_t             close_idle_at, drain_until; /* 0: not draining */
    struct timer         drain_tick;
};

extern const struct route gateway_routes[]; /* made of http/routes.def */
extern const unsigned     gateway_route_count;

MUST_CHECK enum err gateway_open(struct gateway **out, struct loop *l, const struct config *c);
void                gateway_close(struct gateway **g); /* also takes what is half open */

/* Finishes what is running, for at most DRAIN_MS, then quits the loop. */
void gateway_drain(struct gateway *g);
void gateway_reload(struct gateway *g); /* reads the bus's allow file again */

#endif
