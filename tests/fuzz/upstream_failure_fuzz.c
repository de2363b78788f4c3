/* Any body of any status: the result is a known error with a clean text and a bounded wait. */
#include <stdint.h>
#include <string.h>

#include "openrouter/upstream_failure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str           body = {(const char *)data + 1, size ? size - 1 : 0};
    struct upstream_head head = {.status = size ? 400 + data[0] % 200 : 200};

    str_format(head.retry_after, sizeof head.retry_after, "%.*s", (int)(body.len % 40),
               body.p ? body.p : "");
    struct upstream_failure f = upstream_failure_of_reply(&head, body, 1754667640000);
    must(f.err > ERR_OK && f.err < ERR_COUNT);
    must(f.retry_after_ms <= 10 * 60 * 1000 && (f.retryable || !f.retry_after_ms));
    must(strlen(f.detail) <= ERROR_TEXT_MAX && str_is_utf8(str_of(f.detail)));
    for (const char *p = f.detail; *p; p++)
        must((unsigned char)*p >= ' ' && *p != 0x7F);
    return 0;
}
