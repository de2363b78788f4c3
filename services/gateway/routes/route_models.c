/* GET /models: the workers' list, kept for a minute.
 *
 * Everybody gets the same one.  While no worker answers, the old one is still
 * better than none: models come and go by the week. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/route_models.h"

#define KEPT_MS 60000

void models_close(struct models *m)
{
    json_decref(m->list);
    *m = (struct models){0};
}

static json_t *model_of(const struct model *m)
{
    bool    is_free = m->prompt_price == 0 && m->completion_price == 0 && m->request_price == 0;
    json_t *o = json_object();

    json_object_set_new(o, "id", json_of(m->id));
    json_object_set_new(o, "name", json_of(m->name));
    json_object_set_new(o, "context",
                        m->context ? json_integer((json_int_t)m->context) : json_null());
    json_object_set_new(o, "prompt_price", json_real(m->prompt_price));
    json_object_set_new(o, "completion_price", json_real(m->completion_price));
    json_object_set_new(o, "request_price", json_real(m->request_price));
    json_object_set_new(o, "free", json_boolean(is_free));
    return o;
}

static void keep(struct models *m, const struct models_list_reply *say)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < say->models_count; i++)
        json_array_append_new(list, model_of(&say->models[i]));
    models_close(m);
    m->list = json_pack("{s:o}", "models", list);
    m->kept_until = clock_ms() + KEPT_MS;
}

static void take_models(struct errand *e, const struct bus_reply *a)
{
    struct models            *m = &e->gw->models;
    struct models_list_reply *say = mem_new(sizeof *say);

    if (a->kind == BUS_REPLY_ERROR && m->list) {
        log_info(0, "models.kept", "why=%s", err_code(a->err));
        errand_reply(e, 200, json_incref(m->list));
    } else if (errand_read(e, a, models_list_reply, say)) {
        keep(m, say);
        errand_reply(e, 200, json_incref(m->list));
    }
    free(say);
}

void route_models(const struct visit *v)
{
    const struct models       *m = &v->gw->models;
    struct models_list_request ask = {0};
    struct buf                 body = {0};

    if (m->list && clock_ms() < m->kept_until) {
        reply_json(v->rq, 200, json_incref(m->list));
        return;
    }
    struct errand *e = errand_new(v);
    models_list_request_encode(&ask, &body);
    errand_ask(e, SERVICE_LLM_WORKER, &body, take_models);
}
