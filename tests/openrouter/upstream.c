/* The endpoints, and which keys may use them. */
#include <string.h>
#include <strings.h>

#include "completion.h"
#include "upstream.h"

void upstream_init(struct upstream *u)
{
    *u = (struct upstream){.knobs = knobs_default(), .seen = json_object()};
}

void upstream_fini(struct upstream *u)
{
    keys_fini(&u->keys);
    json_decref(u->seen);
    *u = (struct upstream){0};
}

static struct reply not_found(void)
{
    struct buf bytes = {0};

    buf_str(&bytes, STR("<!DOCTYPE html><html lang=\"en\"><head><title>Not Found | OpenRouter"
                        "</title></head><body><h1>404</h1></body></html>"));
    return reply_bytes(404, "text/html; charset=utf-8", &bytes);
}

/* the key */

/* NULL: the refusal is in *r. */
static const struct key *need_key(const struct upstream *u, const struct upstream_request *a,
                                  struct reply *r)
{
    struct str value = str_trim(a->authorization);

    if (value.len < 6 || strncasecmp(value.p, "Bearer", 6) != 0 ||
        !(value = str_trim((struct str){value.p + 6, value.len - 6})).len) {
        *r = reply_refusal(
            &(struct refusal){.status = 401, .message = "Missing Authentication header"});
        return NULL;
    }
    const struct key *key = keys_find(&u->keys, value);
    if (!key)
        *r = reply_refusal(&(struct refusal){.status = 401, .message = "User not found."});
    return key;
}

/* small endpoints */

static struct reply get_key(struct upstream *u, const struct upstream_request *a)
{
    struct reply      r;
    const struct key *key = need_key(u, a, &r);

    if (!key)
        return r;
    if (key->is_failing)
        return reply_refuse(500, "Internal Server Error", (struct str){0});
    return reply_json(key_json(key));
}

static struct reply get_credits(struct upstream *u, const struct upstream_request *a)
{
    struct reply      r;
    const struct key *key = need_key(u, a, &r);

    if (!key)
        return r;
    if (!key->is_management)
        return reply_refuse(403, "Only management keys can perform this operation",
                            (struct str){0});
    return reply_json(
        json_pack("{s:{s:f, s:f}}", "data", "total_credits", 100.5, "total_usage", 25.75));
}

static struct reply get_generation(struct upstream *u, const struct upstream_request *a)
{
    struct reply r;

    if (!need_key(u, a, &r))
        return r;
    json_t *json = generations_json(&u->generations, a->id);
    return json ? reply_json(json) : reply_refuse(404, "Generation $model not found", a->id);
}

/* Public, as in OpenRouter: a reply says nothing about the key. */
static struct reply get_models(struct upstream *u, const struct upstream_request *a)
{
    (void)u;
    (void)a;
    return reply_json(models_json());
}

static struct reply get_model(struct str id)
{
    const struct model *m = model_find(id);

    if (!m)
        return reply_refusal(
            &(struct refusal){.status = 404, .message = "Model $model not found", .model = id});
    return reply_json(json_pack("{s:o}", "data", model_json(m)));
}

static struct reply post_completion(struct upstream *u, const struct upstream_request *a)
{
    struct reply      r;
    const struct key *key = need_key(u, a, &r);

    return key ? completion_reply(u, key, a->body) : r;
}

static const struct {
    const char *method, *path;
    struct reply (*reply)(struct upstream *u, const struct upstream_request *a);
} addresses[] = {
    {"POST", "/api/v1/chat/completions", post_completion},
    {"GET", "/api/v1/key", get_key},
    {"GET", "/api/v1/auth/key", get_key},
    {"GET", "/api/v1/models", get_models},
    {"GET", "/api/v1/credits", get_credits},
    {"GET", "/api/v1/generation", get_generation},
};

struct reply upstream_reply(struct upstream *u, const struct upstream_request *a)
{
    const char *one_model = "/api/v1/model/";

    if (a->is_too_long)
        return reply_refusal(
            &(struct refusal){.status = 413, .message = "Request Entity Too Large"});
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        if (strcmp(a->method, addresses[i].method) == 0 && strcmp(a->path, addresses[i].path) == 0)
            return addresses[i].reply(u, a);
    }
    if (strcmp(a->method, "GET") == 0 && str_starts(str_of(a->path), one_model))
        return get_model(str_of(a->path + strlen(one_model)));
    return not_found();
}
