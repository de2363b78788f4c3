/* Members by type. */
#include <math.h>

#include "openrouter/json_get.h"

#define COUNT_MAX 1e12

struct str json_get_string(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value))
        return (struct str){0};
    return (struct str){json_string_value(value), json_string_length(value)};
}

double json_get_number(const json_t *object, const char *key)
{
    double value = json_number_value(json_object_get(object, key));
    return isfinite(value) ? value : 0;
}

uint64_t json_get_count(const json_t *object, const char *key)
{
    double value = json_get_number(object, key);
    return value > 0 && value < COUNT_MAX ? (uint64_t)value : 0;
}
