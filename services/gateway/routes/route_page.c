/* GET / and /static/: the files of the page. */
#include "http/reply.h"
#include "http/static.h"
#include "routes/handler.h"

static void reply_file(const struct request_context *c, const struct static_file *file,
                       enum coding coding)
{
    struct http_field    fields[5] = {{.name = "Content-Type", .value = file->type},
                                      {.name = "Vary", .value = "Accept-Encoding"}};
    struct http_response a = {.status = 200, .fields = fields, .field_count = 2};

    fields[a.field_count++] = (struct http_field){
        .name = "Cache-Control",
        .value = file->is_hashed ? "public, max-age=31536000, immutable" : "no-cache"};
    fields[a.field_count++] = (struct http_field){.name = "ETag", .value = file->etag};
    if (static_coding_names[coding])
        fields[a.field_count++] =
            (struct http_field){.name = "Content-Encoding", .value = static_coding_names[coding]};
    a.body = buf_view(&file->bytes[coding]);
    a.stays = true;
    if (str_is(http_header(c->rq, "If-None-Match"), file->etag)) {
        a.status = 304;
        a.body = (struct str){0};
    }
    http_reply(c->rq, &a);
}

void route_page(const struct request_context *c)
{
    const struct static_file *file = static_find(c->gw->files, http_path(c->rq));

    if (file)
        reply_file(c, file, static_coding(file, http_header(c->rq, "Accept-Encoding")));
    else
        reply_error(c->rq, ERR_NOT_FOUND);
}
