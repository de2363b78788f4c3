/* Any bytes: cut in two or not, the events are the same, and none exceeds the limit. */
#include <stdint.h>

#include "openrouter/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct sse *s, struct str bytes, struct buf *out)
{
    struct str data;

    while (sse_next(s, &bytes, &data) == SSE_EVENT) {
        must(data.len <= SSE_MAX);
        buf_str(out, data);
        buf_str(out, STR("|"));
    }
}

static void end(struct sse *s, struct buf *out)
{
    struct str data;

    if (sse_last(s, &data) == SSE_EVENT)
        buf_str(out, data);
    sse_fini(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data + 1, size ? size - 1 : 0};
    size_t     cut = size ? data[0] * bytes.len / 255 : 0;
    struct sse whole = {0}, halves = {0};
    struct buf once = {0}, twice = {0};

    feed(&whole, bytes, &once);
    end(&whole, &once);
    feed(&halves, (struct str){bytes.p, cut}, &twice);
    feed(&halves, (struct str){bytes.p + cut, bytes.len - cut}, &twice);
    end(&halves, &twice);
    must(str_eq(buf_view(&once), buf_view(&twice)));
    buf_fini(&once);
    buf_fini(&twice);
    return 0;
}
