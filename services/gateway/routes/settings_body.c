/* The fields "api_key" and "model". */
#include "routes/settings_body.h"
#include "http/body.h"

/* KEY_LEAVE if there is no key, KEY_DELETE if it is null. */
static bool read_key(const struct request_context *c, struct settings_body *s, struct buf *why)
{
    const json_t *value = json_object_get(c->body, "api_key");
    struct str    key;

    s->key_change = json_is_null(value) ? KEY_DELETE : KEY_LEAVE;
    if (!value || json_is_null(value))
        return true;
    if (!body_text(c->body, "api_key", 4 * KEY_MAX, &key, why))
        return false;
    key = key_trim(key);
    if (!key_is_sendable(key)) {
        buf_print(why, "\"api_key\" must be 1 to %d visible ASCII characters.", KEY_MAX);
        return false;
    }
    s->is_key_unusual = !key_is_usual(key);
    s->key_change = KEY_SET;
    key_hint(s->key_hint, key);
    seal_close(&c->gw->config->seal_ring, key, &s->sealed_key);
    return true;
}

static bool read_model(const struct request_context *c, struct settings_body *s, struct buf *why)
{
    if (!body_text(c->body, "model", LIMIT_MODEL, &s->model, why))
        return false;
    s->has_model = json_object_get(c->body, "model") != NULL;
    if (!s->model.len || body_is_model(s->model))
        return true;
    buf_print(why, "\"model\" is not the name of a model.");
    return false;
}

bool settings_body_read(const struct request_context *c, struct settings_body *s, struct buf *why)
{
    *s = (struct settings_body){.key_change = KEY_LEAVE};
    return read_key(c, s, why) && read_model(c, s, why);
}

void settings_body_fini(struct settings_body *s)
{
    buf_fini(&s->sealed_key);
}
