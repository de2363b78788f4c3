/* /, /static, /health, /models: what needs little thought. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "errand.h"
#include "reply.h"
#include "static.h"

/* ---- the page ---- */

static void reply_file(const struct visit *v, const struct static_file *file, enum coding c)
{
    struct http_field  fields[5] = {{"Content-Type", file->type}, {"Vary", "Accept-Encoding"}};
    struct http_answer a = {.status = 200, .fields = fields, .field_count = 2};

    fields[a.field_count++] = (struct http_field){
        "Cache-Control", file->is_hashed ? "public, max-age=31536000, immutable" : "no-cache"};
    fields[a.field_count++] = (struct http_field){"ETag", file->etag};
    if (coding_names[c])
        fields[a.field_count++] = (struct http_field){"Content-Encoding", coding_names[c]};
    a.body = buf_view(&file->bytes[c]);
    a.stays = true;
    if (str_is(http_header(v->rq, "If-None-Match"), file->etag)) {
        a.status = 304;
        a.body = (struct str){0};
    }
    http_reply(v->rq, &a);
}

void route_page(const struct visit *v)
{
    const struct static_file *file = static_find(v->gw->files, http_path(v->rq));

    if (file)
        reply_file(v, file, static_coding(file, http_header(v->rq, "Accept-Encoding")));
    else
        reply_error(v->rq, ERR_NOT_FOUND);
}

/* ---- health ---- */

void route_health(const struct visit *v)
{
    char    now[CLOCK_ISO_SIZE];
    json_t *o = json_object(), *services = json_object();
    bool    is_whole = true;

    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        unsigned count = bus_instances(v->gw->bus, s);
        is_whole &= count > 0;
        json_object_set_new(services, service_name(s), json_integer(count));
    }
    clock_iso(wall_ms(), now);
    json_object_set_new(o, "status", json_string(is_whole ? "ok" : "degraded"));
    json_object_set_new(o, "timestamp", json_string(now));
    json_object_set_new(o, "demo", json_boolean(v->gw->config.demo));
    json_object_set_new(o, "services", services);
    reply_json(v->rq, 200, o);
}

/* ---- models ---- */

static json_t *model_of(const struct model *m)
{
    bool    is_free = m->prompt_price == 0 && m->completion_price == 0;
    json_t *o = json_object();

    json_object_set_new(o, "id", json_of(m->id));
    json_object_set_new(o, "name", json_of(m->name));
    json_object_set_new(o, "context",
                        m->context ? json_integer((json_int_t)m->context) : json_null());
    json_object_set_new(o, "prompt_price", json_real(m->prompt_price));
    json_object_set_new(o, "completion_price", json_real(m->completion_price));
    json_object_set_new(o, "free", json_boolean(is_free));
    return o;
}

static void take_models(struct errand *e, const struct answer *a)
{
    struct models_list_say *say = mem_new(sizeof *say);

    if (errand_read(e, a, models_list_say, say)) {
        json_t *list = json_array();
        for (uint64_t i = 0; i < say->models_count; i++)
            json_array_append_new(list, model_of(&say->models[i]));
        errand_reply(e, 200, json_pack("{s:o}", "models", list));
    }
    free(say);
}

void route_models(const struct visit *v)
{
    struct models_list_ask m = {0};
    struct errand         *e = errand_new(v);
    struct buf             body = {0};

    models_list_ask_encode(&m, &body);
    errand_ask(e, SERVICE_LLM_WORKER, &body, take_models);
}
