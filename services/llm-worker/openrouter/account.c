/* What OpenRouter says of keys and models. */
#include <math.h>
#include <stdlib.h>

#include "openrouter/account.h"

static double number_at(const json_t *object, const char *key)
{
    double value = json_number_value(json_object_get(object, key));
    return isfinite(value) ? value : 0;
}

static uint64_t count_at(const json_t *object, const char *key)
{
    double value = number_at(object, key);
    return value > 0 && value < 1e12 ? (uint64_t)value : 0;
}

static struct str string_at(const json_t *object, const char *key, size_t most)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value))
        return (struct str){0};
    return str_cut((struct str){json_string_value(value), json_string_length(value)}, most);
}

/* Prices are decimal strings, so that no digit is lost on the way. */
static double price_at(const json_t *object, const char *key, double untold)
{
    const json_t *price = json_object_get(object, key);
    const char   *text = json_string_value(price);
    double        value = text ? strtod(text, NULL) : number_at(object, key);

    if (!price)
        return untold;
    return isfinite(value) ? value : -1;
}

json_t *account_read_key(struct str body, struct key_test_reply *say)
{
    json_t       *root = body.len ? json_loadb(body.p, body.len, 0, NULL) : NULL;
    const json_t *data = json_object_get(root, "data");
    const json_t *free_requests = json_object_get(data, "free_model_daily_requests");

    if (!json_is_object(data)) {
        json_decref(root);
        return NULL;
    }
    *say = (struct key_test_reply){
        .label = string_at(data, "label", 64),
        .has_limit = json_is_number(json_object_get(data, "limit")),
        .limit = number_at(data, "limit"),
        .limit_remaining = number_at(data, "limit_remaining"),
        .is_free_tier = json_is_true(json_object_get(data, "is_free_tier")),
        .has_free_requests = json_is_object(free_requests),
        .free_requests_left = count_at(free_requests, "remaining"),
    };
    return root;
}

/* One whose id cannot be sent back whole is left out.  A price per token that is
 * not told is not free; one per request is told only where there is one. */
static bool read_model(const json_t *from, struct model *m)
{
    const json_t *pricing = json_object_get(from, "pricing");
    const json_t *id = json_object_get(from, "id");

    *m = (struct model){
        .id = string_at(from, "id", LIMIT_MODEL),
        .name = string_at(from, "name", LIMIT_MODEL_NAME),
        .context = count_at(from, "context_length"),
        .prompt_price = price_at(pricing, "prompt", -1),
        .completion_price = price_at(pricing, "completion", -1),
        .request_price = price_at(pricing, "request", 0),
    };
    return m->id.len > 0 && m->id.len == json_string_length(id);
}

json_t *account_read_models(struct str body, struct models_list_reply *say)
{
    json_t       *root = body.len ? json_loadb(body.p, body.len, 0, NULL) : NULL;
    const json_t *data = json_object_get(root, "data");
    size_t        i;
    json_t       *from;

    if (!json_is_array(data)) {
        json_decref(root);
        return NULL;
    }
    say->models_count = 0;
    json_array_foreach(data, i, from)
    {
        if (say->models_count == COUNT_OF(say->models))
            break;
        if (read_model(from, &say->models[say->models_count]))
            say->models_count++;
    }
    return root;
}
