/* Any bytes at all as a request's body: an object comes out whose fields can be taken, or a
 * sentence that says why not. */
#include <stdint.h>
#include <string.h>

#include "http/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_fields(const json_t *body)
{
    static const char *const keys[] = {"message", "turn_id", "model", "api_key", "remember"};
    struct buf               why = {0};
    struct str               text;
    struct uuid              id;
    bool                     flag;

    for (unsigned i = 0; i < COUNT_OF(keys); i++) {
        if (body_text(body, keys[i], 8192, &text, &why)) {
            must(text.len <= 8192 && str_is_utf8(text));
            must(!text.len || !memchr(text.p, '\0', text.len));
            (void)body_is_model(text);
        }
        if (body_uuid(body, keys[i], &id, &why))
            must(!id.text[0] || str_of(id.text).len == UUID_LEN);
        if (!body_flag(body, keys[i], true, &flag, &why))
            must(why.len > 0);
    }
    buf_fini(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct buf  why = {0};

    if (!ready)
        body_init();
    ready = true;
    json_t *body = body_parse((struct str){(const char *)data, size}, &why);
    must((body != NULL) == (why.len == 0));
    if (body)
        take_fields(body);
    json_decref(body);
    buf_fini(&why);
    return 0;
}
