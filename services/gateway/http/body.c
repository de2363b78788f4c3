/* JSON in, by jansson. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "http/body.h"

static void wipe_block(void *p)
{
    if (p)
        sodium_memzero(p, malloc_usable_size(p));
    free(p);
}

void body_init(void)
{
    json_set_alloc_funcs(malloc, wipe_block);
}

json_t *body_parse(struct str bytes, struct buf *why)
{
    json_error_t error;

    if (!bytes.len)
        return json_object();
    json_t *body = json_loadb(bytes.p, bytes.len, JSON_REJECT_DUPLICATES, &error);
    if (!body) {
        /* jansson's own words quote the input, which is not ours to repeat. */
        buf_print(why, "The body is not valid JSON (line %d, column %d).", error.line,
                  error.column);
    } else if (!json_is_object(body)) {
        buf_print(why, "The body must be a JSON object.");
        json_decref(body);
        body = NULL;
    }
    return body;
}

bool body_text(const json_t *body, const char *key, size_t max, struct str *out, struct buf *why)
{
    const json_t *value = json_object_get(body, key);

    *out = (struct str){0};
    if (!value || json_is_null(value))
        return true;
    if (!json_is_string(value)) {
        buf_print(why, "\"%s\" must be a text.", key);
        return false;
    }
    *out = (struct str){json_string_value(value), json_string_length(value)};
    if (out->len <= max)
        return true;
    buf_print(why, "\"%s\" may have at most %zu bytes; this has %zu.", key, max, out->len);
    return false;
}

bool body_uuid(const json_t *body, const char *key, struct uuid *out, struct buf *why)
{
    struct str text;

    *out = (struct uuid){{0}};
    if (!body_text(body, key, UUID_LEN, &text, why))
        return false;
    if (!text.len || uuid_parse(out, text))
        return true;
    buf_print(why, "\"%s\" must be a UUID.", key);
    return false;
}

bool body_flag(const json_t *body, const char *key, bool fallback, bool *out, struct buf *why)
{
    const json_t *value = json_object_get(body, key);

    *out = fallback;
    if (!value || json_is_null(value))
        return true;
    *out = json_is_true(value);
    if (json_is_boolean(value))
        return true;
    buf_print(why, "\"%s\" must be true or false.", key);
    return false;
}

bool body_number(const json_t *body, const char *key, json_int_t least, json_int_t most,
                 json_int_t *out, struct buf *why)
{
    const json_t *value = json_object_get(body, key);

    *out = json_integer_value(value);
    if (!value || json_is_null(value) || (json_is_integer(value) && *out >= least && *out <= most))
        return true;
    buf_print(why, "\"%s\" must be a whole number from %lld to %lld.", key, (long long)least,
              (long long)most);
    return false;
}

bool body_is_model(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || strchr("\"'\\<>", text.p[i]))
            return false;
    return text.len > 0 && !str_starts(text, "sk-");
}
