/* Turns a worker's list into JSON. */
#include "routes/models_cache.h"
#include "base/clock.h"
#include "http/reply.h"

#define FRESH_MS 60000

void models_cache_fini(struct models_cache *m)
{
    json_decref(m->list);
    *m = (struct models_cache){.list = NULL};
}

static json_t *model_of(const struct model *m)
{
    bool    is_free = m->prompt_price == 0 && m->completion_price == 0 && m->request_price == 0;
    json_t *o = json_object();

    json_object_set_new(o, "id", reply_string(m->id));
    json_object_set_new(o, "name", reply_string(m->name));
    json_object_set_new(o, "context",
                        m->context ? json_integer((json_int_t)m->context) : json_null());
    json_object_set_new(o, "prompt_price", json_real(m->prompt_price));
    json_object_set_new(o, "completion_price", json_real(m->completion_price));
    json_object_set_new(o, "request_price", json_real(m->request_price));
    json_object_set_new(o, "free", json_boolean(is_free));
    return o;
}

void models_cache_fill(struct models_cache *m, const struct models_list_reply *reply)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < reply->models_count; i++)
        json_array_append_new(list, model_of(&reply->models[i]));
    models_cache_fini(m);
    m->list = json_pack("{s:o}", "models", list);
    m->expires_at = clock_ms() + FRESH_MS;
}

bool models_cache_is_fresh(const struct models_cache *m)
{
    return m->list && clock_ms() < m->expires_at;
}
