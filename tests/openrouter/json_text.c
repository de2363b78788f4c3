/* JSON into a buf. */
#include "json_text.h"

/* Ten digits: 0.0012221 prints as such, not as 0.0012220999999999999. */
#define JTEXT_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(10))

static int add(const char *bytes, size_t len, void *out)
{
    buf_add(out, bytes, len);
    return 0;
}

void json_text_add(struct buf *out, const json_t *json)
{
    must(json_dump_callback(json, add, out, JTEXT_FLAGS) == 0);
}

void json_text_add_members(struct buf *out, const json_t *object)
{
    must(json_dump_callback(object, add, out, JTEXT_FLAGS | JSON_EMBED) == 0);
}

void json_text_add_string(struct buf *out, struct str text)
{
    json_t *json = json_stringn(text.p ? text.p : "", text.len);
    must(json);
    json_text_add(out, json);
    json_decref(json);
}

json_t *json_text_parse(const char *fixed)
{
    json_t *json = json_loads(fixed, JSON_DECODE_ANY, NULL);
    must(json);
    return json;
}
