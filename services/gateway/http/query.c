/* Decodes digits and percent-encoding. */
#include <string.h>

#include "http/query.h"

#define DIGITS_MAX 18

bool query_digits(struct str text, uint64_t *out)
{
    *out = 0;
    if (text.len > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = 10 * *out + (uint64_t)(text.p[i] - '0');
    }
    return true;
}

bool query_number(struct http_request *rq, const char *name, uint64_t fallback, uint64_t *out)
{
    struct str text = http_query(rq, name);

    if (!query_digits(text, out))
        return false;
    if (!text.len)
        *out = fallback;
    return true;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Takes one byte, decoded; false: a % without two digits. */
static bool take_byte(struct str *text, char *byte)
{
    size_t len = 1;

    *byte = text->p[0] == '+' ? ' ' : text->p[0];
    if (text->p[0] == '%') {
        int high = text->len > 2 ? hex_digit(text->p[1]) : -1;
        int low = text->len > 2 ? hex_digit(text->p[2]) : -1;
        if (high < 0 || low < 0)
            return false;
        *byte = (char)(16 * high + low);
        len = 3;
    }
    *text = (struct str){text->p + len, text->len - len};
    return true;
}

bool query_text(struct http_request *rq, const char *name, size_t max, struct buf *out)
{
    struct str text = http_query(rq, name);
    char       byte;

    while (text.len) {
        if (!take_byte(&text, &byte) || !byte || out->len == max)
            return false;
        buf_add(out, &byte, 1);
    }
    return str_is_utf8(buf_view(out));
}
