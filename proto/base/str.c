/* Views and growing bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct str str_of(const char *cstr)
{
    return (struct str){cstr, cstr ? strlen(cstr) : 0};
}

char *str_dup(struct str s)
{
    char *copy = mem_new(s.len + 1);
    if (s.len)
        memcpy(copy, s.p, s.len);
    return copy;
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool str_is(struct str a, const char *cstr)
{
    return str_eq(a, str_of(cstr));
}

bool str_starts(struct str s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && (len == 0 || memcmp(s.p, prefix, len) == 0);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len && is_space(s.p[s.len - 1]))
        s.len--;
    return s;
}

struct str str_cut(struct str s, size_t most)
{
    if (s.len <= most)
        return s;
    while (most && ((unsigned char)s.p[most] & 0xC0) == 0x80)
        most--;
    return (struct str){s.p, most};
}

/* The length of the UTF-8 character at p, 0 if it is invalid. The range of the second byte excludes
 * overlong forms and surrogates (RFC 3629, section 4). */
static size_t utf8_len(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t        len;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        len = 2;
    else if (p[0] >= 0xE0 && p[0] <= 0xEF)
        len = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        len = 4;
    else
        return 0;
    if (p[0] == 0xE0)
        low = 0xA0;
    if (p[0] == 0xED)
        high = 0x9F;
    if (p[0] == 0xF0)
        low = 0x90;
    if (p[0] == 0xF4)
        high = 0x8F;
    if (left < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

bool str_is_utf8(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;

    for (size_t at = 0, len; at < s.len; at += len) {
        len = utf8_len(p + at, s.len - at);
        if (!len)
            return false;
    }
    return true;
}

bool str_copy(char *to, size_t size, struct str s)
{
    struct str fitting = str_cut(s, size - 1);

    if (fitting.len)
        memcpy(to, fitting.p, fitting.len);
    to[fitting.len] = '\0';
    return fitting.len == s.len;
}

bool str_format(char *to, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(to, size, format, args);
    va_end(args);
    return len >= 0 && (size_t)len < size;
}

void buf_fini(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->p)
        b->p[0] = '\0';
}

static void make_room(struct buf *b, size_t more)
{
    must(more < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
    size_t need = b->len + more + 1;
    if (need <= b->room)
        return;
    b->room = need > 2 * b->room ? need + 32 : 2 * b->room;
    b->p = mem_grow(b->p, b->room);
}

void buf_add(struct buf *b, const void *p, size_t len)
{
    make_room(b, len);
    if (len)
        memcpy(b->p + b->len, p, len);
    b->len += len;
    b->p[b->len] = '\0';
}

void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.len);
}

void buf_vprint(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    must(len >= 0);
    make_room(b, (size_t)len);
    vsnprintf(b->p + b->len, (size_t)len + 1, format, again);
    va_end(again);
    b->len += (size_t)len;
}

void buf_print(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprint(b, format, args);
    va_end(args);
}

void buf_drop(struct buf *b, size_t len)
{
    must(len <= b->len);
    if (!len)
        return;
    memmove(b->p, b->p + len, b->len - len);
    b->len -= len;
    b->p[b->len] = '\0';
}

struct str buf_view(const struct buf *b)
{
    return (struct str){b->p, b->len};
}

char *buf_take(struct buf *b)
{
    if (!b->p)
        return mem_new(1);
    char *p = b->p;
    *b = (struct buf){0};
    return p;
}
