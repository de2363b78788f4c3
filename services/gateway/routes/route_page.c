/* /, /static, /health: what needs little thought. */
#include <string.h>

#include "base/clock.h"
#include "gateway.h"
#include "http/reply.h"
#include "http/static.h"

/* ---- the page ---- */

static void reply_file(const struct visit *v, const struct static_file *file, enum coding c)
{
    struct http_field    fields[5] = {{"Content-Type", file->type}, {"Vary", "Accept-Encoding"}};
    struct http_response a = {.status = 200, .fields = fields, .field_count = 2};

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
        json_object_set_new(services, services_name(s), json_integer(count));
    }
    clock_iso(clock_wall_ms(), now);
    json_object_set_new(o, "status", json_string(is_whole ? "ok" : "degraded"));
    json_object_set_new(o, "timestamp", json_string(now));
    json_object_set_new(o, "demo", json_boolean(v->gw->config.demo));
    json_object_set_new(o, "services", services);
    reply_json(v->rq, 200, o);
}
