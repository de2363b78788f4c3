/* What OpenRouter reports about keys and models. */
#include <math.h>
#include <stdlib.h>

#include "openrouter/json_get.h"
#include "openrouter/resources.h"

static json_t *load(struct str body)
{
    return body.len ? json_loadb(body.p, body.len, 0, NULL) : NULL;
}

json_t *resources_read_key(struct str body, struct key_test_reply *reply)
{
    json_t       *root = load(body);
    const json_t *data = json_object_get(root, "data");
    const json_t *free_requests = json_object_get(data, "free_model_daily_requests");

    if (!json_is_object(data)) {
        json_decref(root);
        return NULL;
    }
    *reply = (struct key_test_reply){
        .label = str_cut(json_get_string(data, "label"), LIMIT_KEY_LABEL),
        .has_limit = json_is_number(json_object_get(data, "limit")),
        .limit = json_get_number(data, "limit"),
        .limit_remaining = json_get_number(data, "limit_remaining"),
        .is_free_tier = json_is_true(json_object_get(data, "is_free_tier")),
        .has_free_requests = json_is_object(free_requests),
        .free_requests_left = json_get_count(free_requests, "remaining"),
    };
    return root;
}

/* Prices are decimal strings, which lose no digit on the way.  -1: not a price. */
static double price_at(const json_t *object, const char *key, double if_missing)
{
    const json_t *price = json_object_get(object, key);
    const char   *text = json_string_value(price);
    double        value = text ? strtod(text, NULL) : json_get_number(object, key);

    if (!price)
        return if_missing;
    return isfinite(value) ? value : -1;
}

/* False: its id is too long to be sent back.  A missing price per token is unknown, not 0; a price
 * per request is listed only where there is one. */
static bool read_model(const json_t *from, struct model *m)
{
    const json_t *pricing = json_object_get(from, "pricing");
    struct str    id = json_get_string(from, "id");

    *m = (struct model){
        .id = str_cut(id, LIMIT_MODEL),
        .name = str_cut(json_get_string(from, "name"), LIMIT_MODEL_NAME),
        .context = json_get_count(from, "context_length"),
        .prompt_price = price_at(pricing, "prompt", -1),
        .completion_price = price_at(pricing, "completion", -1),
        .request_price = price_at(pricing, "request", 0),
    };
    return id.len > 0 && m->id.len == id.len;
}

json_t *resources_read_models(struct str body, struct models_list_reply *reply)
{
    json_t       *root = load(body);
    const json_t *data = json_object_get(root, "data");
    size_t        i;
    json_t       *from;

    if (!json_is_array(data)) {
        json_decref(root);
        return NULL;
    }
    reply->models_count = 0;
    json_array_foreach(data, i, from)
    {
        if (reply->models_count == COUNT_OF(reply->models))
            break;
        if (read_model(from, &reply->models[reply->models_count]))
            reply->models_count++;
    }
    return root;
}
