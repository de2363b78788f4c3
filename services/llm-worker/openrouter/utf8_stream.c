/* Broken characters are carried through the JSON parser, then joined or replaced. */
#include <string.h>

#include "openrouter/utf8_stream.h"

#define REPLACEMENT STR("\xEF\xBF\xBD")

/* The length of the valid character at the front; 0: there is none. */
static size_t valid_len(struct str s)
{
    for (size_t len = 1; len <= 4 && len <= s.len; len++)
        if (str_is_utf8((struct str){s.p, len}))
            return len;
    return 0;
}

/* ---- repairing JSON ---- */

static void carry(struct buf *out, unsigned char byte)
{
    const char character[4] = {'\xF4', '\x8E', (char)(0x80 | byte >> 6),
                               (char)(0x80 | (byte & 0x3F))};

    buf_add(out, character, sizeof character);
}

/* The half of a surrogate pair written as \uXXXX at the front; 0: it is not one. */
static unsigned half_pair(struct str s)
{
    unsigned value = 0;

    if (s.len < 6 || s.p[0] != '\\' || s.p[1] != 'u')
        return 0;
    for (int i = 2; i < 6; i++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, s.p[i] | 0x20);
        if (!s.p[i] || !at)
            return 0;
        value = value << 4 | (unsigned)(at - digits);
    }
    return value >= 0xD800 && value <= 0xDFFF ? value : 0;
}

/* Whether s begins with both halves, which the parser joins. */
static bool is_pair(struct str s)
{
    return s.len >= 12 && half_pair(s) < 0xDC00 &&
           half_pair((struct str){s.p + 6, s.len - 6}) >= 0xDC00;
}

/* Writes the front of s in a form that the parser accepts; returns its length in s. */
static size_t repair_one(struct buf *out, struct str s)
{
    unsigned half = half_pair(s);

    if (half && !is_pair(s)) {
        carry(out, (unsigned char)(0xE0 | half >> 12));
        carry(out, (unsigned char)(0x80 | (half >> 6 & 0x3F)));
        carry(out, (unsigned char)(0x80 | (half & 0x3F)));
        return 6;
    }
    size_t len = half ? 12 : s.p[0] == '\\' && s.len > 1 && s.p[1] < 0x7F ? 2 : valid_len(s);
    if (!len) {
        carry(out, (unsigned char)s.p[0]);
        return 1;
    }
    buf_add(out, s.p, len);
    return len;
}

struct str utf8_stream_repair(struct str json, struct buf *copy)
{
    if (!json.len || (str_is_utf8(json) && !memmem(json.p, json.len, "\\ud", 3) &&
                      !memmem(json.p, json.len, "\\uD", 3)))
        return json;
    buf_clear(copy);
    while (json.len) {
        size_t len = repair_one(copy, json);
        json = (struct str){json.p + len, json.len - len};
    }
    return buf_view(copy);
}

/* ---- joining text ---- */

/* Puts carried bytes back. */
static void uncarry(struct str s, struct buf *out)
{
    while (s.len) {
        bool   carried = s.len >= 4 && memcmp(s.p, "\xF4\x8E", 2) == 0 && (s.p[2] & 0x3E) == 0x02;
        char   byte = carried ? (char)((s.p[2] & 0x03) << 6 | (s.p[3] & 0x3F)) : s.p[0];
        size_t len = carried ? 4 : 1;
        if (byte)
            buf_add(out, &byte, 1);
        s = (struct str){s.p + len, s.len - len};
    }
}

/* The three bytes of a high (0xA0) or low (0xB0) surrogate, or the beginning of them. */
static bool may_be_half(struct str s, unsigned char lead)
{
    return (s.len < 1 || s.p[0] == '\xED') &&
           (s.len < 2 || ((unsigned char)s.p[1] & 0xF0) == lead) &&
           (s.len < 3 || ((unsigned char)s.p[2] & 0xC0) == 0x80);
}

static bool may_be_pair(struct str s)
{
    return may_be_half(s, 0xA0) &&
           (s.len <= 3 || may_be_half((struct str){s.p + 3, s.len - 3}, 0xB0));
}

/* Whether s is the beginning of one character. */
static bool is_truncated(struct str s)
{
    unsigned char lead = (unsigned char)s.p[0];
    size_t        need = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead <= 0xEF ? 3 : 2;

    if (s.len < 6 && may_be_pair(s))
        return true;
    if (lead < 0xC2 || lead > 0xF4 || s.len >= need)
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (((unsigned char)s.p[i] & 0xC0) != 0x80)
            return false;
    return true;
}

static void add_pair(struct buf *out, const char *p)
{
    unsigned high = (unsigned)(p[1] & 0x0F) << 6 | (unsigned)(p[2] & 0x3F);
    unsigned low = (unsigned)(p[4] & 0x0F) << 6 | (unsigned)(p[5] & 0x3F);
    unsigned code = 0x10000 + (high << 10) + low;
    char     utf8[4] = {(char)(0xF0 | code >> 18), (char)(0x80 | (code >> 12 & 0x3F)),
                        (char)(0x80 | (code >> 6 & 0x3F)), (char)(0x80 | (code & 0x3F))};

    buf_add(out, utf8, sizeof utf8);
}

/* Writes the character at the front of s; returns its length in s. */
static size_t join_one(struct buf *out, struct str s)
{
    size_t len = valid_len(s);

    if (len) {
        buf_add(out, s.p, len);
        return len;
    }
    if (s.len >= 6 && may_be_pair((struct str){s.p, 6})) {
        add_pair(out, s.p);
        return 6;
    }
    buf_str(out, REPLACEMENT);
    bool half = s.len >= 3 && (may_be_half((struct str){s.p, 3}, 0xA0) ||
                               may_be_half((struct str){s.p, 3}, 0xB0));
    return half ? 3 : 1;
}

static void join(struct utf8_stream *u, struct str s, bool last, struct buf *out)
{
    while (s.len && (last || !is_truncated(s))) {
        size_t len = join_one(out, s);
        s = (struct str){s.p + len, s.len - len};
    }
    must(s.len <= sizeof u->held);
    memcpy(u->held, s.p, s.len);
    u->held_len = s.len;
}

/* The usual case. */
static bool is_sound(struct str s)
{
    return str_is_utf8(s) && !memmem(s.p, s.len, "\xF4\x8E", 2) && !memchr(s.p, '\0', s.len);
}

void utf8_stream_add(struct utf8_stream *u, struct str text, struct buf *out)
{
    struct buf bytes = {0};

    if (!text.len)
        return;
    if (!u->held_len && is_sound(text)) {
        buf_str(out, text);
        return;
    }
    buf_add(&bytes, u->held, u->held_len);
    uncarry(text, &bytes);
    join(u, buf_view(&bytes), false, out);
    buf_fini(&bytes);
}

void utf8_stream_end(struct utf8_stream *u, struct buf *out)
{
    char       held[sizeof u->held];
    struct str rest = {held, u->held_len};

    memcpy(held, u->held, sizeof held);
    join(u, rest, true, out);
}
