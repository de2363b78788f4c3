/* JSON into a buf. */
#include "jtext.h"

/* Ten digits print 0.0012221 as that, and not as 0.0012220999999999999. */
#define JTEXT_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(10))

static int add(const char *bytes, size_t len, void *out)
{
    buf_add(out, bytes, len);
    return 0;
}

void jtext_add(struct buf *out, const json_t *json)
{
    must(json_dump_callback(json, add, out, JTEXT_FLAGS) == 0);
}

void jtext_add_members(struct buf *out, const json_t *object)
{
    must(json_dump_callback(object, add, out, JTEXT_FLAGS | JSON_EMBED) == 0);
}

void jtext_add_string(struct buf *out, struct str text)
{
    json_t *json = json_stringn(text.p ? text.p : "", text.len);
    must(json);
    jtext_add(out, json);
    json_decref(json);
}

json_t *jtext_parse(const char *fixed)
{
    json_t *json = json_loads(fixed, JSON_DECODE_ANY, NULL);
    must(json);
    return json;
}
