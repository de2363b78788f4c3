/* The error body: message before code, user_id beside the error. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "refusal.h"

/* The text with the model's name in it; as_json: escaped, without the quotes. */
static char *with_model(const char *text, struct str model, bool as_json)
{
    struct buf  out = {0}, name = {0};
    const char *mark;

    if (!str_is_utf8(model))
        model = STR("?");
    if (as_json)
        json_text_add_string(&name, model);
    else
        buf_str(&name, model);
    struct str put = buf_view(&name);
    if (as_json)
        put = (struct str){put.p + 1, put.len - 2};
    while ((mark = strstr(text, "$model"))) {
        buf_add(&out, text, (size_t)(mark - text));
        buf_str(&out, put);
        text = mark + strlen("$model");
    }
    buf_str(&out, str_of(text));
    buf_fini(&name);
    return buf_take(&out);
}

static json_t *object_with_model(const char *text, struct str model)
{
    char   *filled = with_model(text, model, true);
    json_t *json = json_text_parse(filled);

    free(filled);
    return json;
}

static json_t *limits(uint64_t reset_ms)
{
    return json_pack("{s:{s:s, s:s, s:o}}", "headers", "X-RateLimit-Limit", "1",
                     "X-RateLimit-Remaining", "0", "X-RateLimit-Reset",
                     json_sprintf("%" PRIu64, reset_ms));
}

/* The limits come first, as in OpenRouter's replies. */
static json_t *metadata(const struct refusal *r)
{
    json_t *all = r->reset_ms ? limits(r->reset_ms) : json_object();
    json_t *more = r->metadata ? object_with_model(r->metadata, r->model) : NULL;

    if (more)
        json_object_update(all, more);
    json_decref(more);
    return all;
}

void refusal_add(struct buf *out, const struct refusal *r)
{
    char   *message = with_model(r->message, r->model, false);
    json_t *error = json_pack("{s:s, s:i}", "message", message, "code", (int)r->status);
    json_t *body = json_pack("{s:o}", "error", error);

    if (r->metadata || r->reset_ms)
        json_object_set_new(error, "metadata", metadata(r));
    if (r->availability)
        json_object_set_new(error, "availability", object_with_model(r->availability, r->model));
    if (r->is_known)
        json_object_set_new(body, "user_id", json_string(USER_ID));
    json_text_add(out, body);
    json_decref(body);
    free(message);
}
