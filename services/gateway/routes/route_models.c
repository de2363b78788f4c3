/* GET /models */
#include <stdlib.h>

#include "base/log.h"
#include "http/reply.h"
#include "routes/exchange.h"

static void on_models(struct exchange *x, const struct bus_reply *a)
{
    struct models_cache      *m = &x->gw->models;
    struct models_list_reply *reply = mem_new(sizeof *reply);

    if (a->kind == BUS_REPLY_ERROR && m->list) {
        log_info(0, "models.served_stale", "why=%s", err_code(a->err));
        exchange_reply(&x, 200, json_incref(m->list));
    } else if (exchange_read(x, a, models_list_reply, reply)) {
        models_cache_fill(m, reply);
        exchange_reply(&x, 200, json_incref(m->list));
    }
    free(reply);
}

void route_models(const struct request_context *c)
{
    const struct models_cache *m = &c->gw->models;
    struct models_list_request request = {0};
    struct buf                 body = {0};

    if (models_cache_is_fresh(m)) {
        reply_json(c->rq, 200, json_incref(m->list));
        return;
    }
    models_list_request_encode(&request, &body);
    exchange_send(exchange_new(c), SERVICE_LLM_WORKER, &body, on_models);
}
