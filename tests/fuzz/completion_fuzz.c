/* Any bytes: they are read or rejected, and text comes out as valid UTF-8 without NUL. */
#include <stdint.h>
#include <string.h>

#include "openrouter/completion.h"
#include "openrouter/utf8_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct completion  c;
    struct utf8_stream t = {0};
    struct buf         out = {0};

    if (completion_read(&c, (struct str){(const char *)data, size})) {
        must(c.usage.cost >= 0);
        utf8_stream_add(&t, c.content, &out);
        utf8_stream_add(&t, c.reasoning, &out);
        utf8_stream_end(&t, &out);
        must(str_is_utf8(buf_view(&out)));
        must(!out.len || !memchr(out.p, '\0', out.len));
    }
    completion_fini(&c);
    buf_fini(&out);
    return 0;
}
