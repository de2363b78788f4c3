/* GET /health: whether this gateway runs, and which services it is connected to. */
#include "base/clock.h"
#include "http/reply.h"
#include "routes/handler.h"

void route_health(const struct request_context *c)
{
    char    now[CLOCK_ISO_SIZE];
    json_t *o = json_object(), *services = json_object();
    bool    is_complete = true;

    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        unsigned count = bus_instances(c->gw->bus, s);
        is_complete &= count > 0;
        json_object_set_new(services, services_name(s), json_integer(count));
    }
    clock_iso(clock_wall_ms(), now);
    json_object_set_new(o, "status", json_string(is_complete ? "ok" : "degraded"));
    json_object_set_new(o, "timestamp", json_string(now));
    json_object_set_new(o, "demo", json_boolean(c->gw->config->demo));
    json_object_set_new(o, "services", services);
    reply_json(c->rq, 200, o);
}
