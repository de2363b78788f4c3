/* Places in traces, and spans on their way to whoever takes them. */
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/span.h"

#define TRACE_AT 3 /* 00- */
#define SPAN_AT  36
#define FLAGS_AT 53
#define SAMPLED  1

static struct {
    void (*take)(void *ctx, const struct span *s, const struct span_end *end);
    void *ctx;
} sink;

/* ---- traceparent ---- */

static bool is_hex(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!memchr("0123456789abcdef", p[i], 16))
            return false;
    return true;
}

static bool is_zero(const char *p)
{
    return p[strspn(p, "0")] == '\0';
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* As the recommendation has it: version ff is none, 00 has nothing behind the flags, a later one
 * has a dash there if anything. */
static bool has_form(struct str t)
{
    if (t.len < TRACEPARENT_LEN || !is_hex(t.p, 2) || memcmp(t.p, "ff", 2) == 0)
        return false;
    if (t.len > TRACEPARENT_LEN && (memcmp(t.p, "00", 2) == 0 || t.p[TRACEPARENT_LEN] != '-'))
        return false;
    return t.p[TRACE_AT - 1] == '-' && t.p[SPAN_AT - 1] == '-' && t.p[FLAGS_AT - 1] == '-' &&
           is_hex(t.p + TRACE_AT, 32) && is_hex(t.p + SPAN_AT, 16) && is_hex(t.p + FLAGS_AT, 2);
}

bool trace_read(struct trace *out, struct str traceparent)
{
    *out = (struct trace){0};
    if (!has_form(traceparent))
        return false;
    memcpy(out->trace, traceparent.p + TRACE_AT, 32);
    memcpy(out->span, traceparent.p + SPAN_AT, 16);
    out->is_sampled = hex_digit(traceparent.p[FLAGS_AT + 1]) & SAMPLED;
    if (!is_zero(out->trace) && !is_zero(out->span))
        return true;
    *out = (struct trace){0};
    return false;
}

void trace_write(const struct trace *t, char to[TRACEPARENT_LEN + 1])
{
    to[0] = '\0';
    if (*t->trace)
        str_format(to, TRACEPARENT_LEN + 1, "00-%s-%s-%02x", t->trace, t->span, t->is_sampled);
}

void trace_of_uuid(struct trace *out, const char *uuid)
{
    char *at = out->trace;

    *out = (struct trace){.is_sampled = true};
    for (const char *p = uuid; *p && at < out->trace + 32; p++)
        if (*p != '-')
            *at++ = *p;
    if (is_zero(out->trace)) /* a name somebody made up */
        str_format(out->trace, sizeof out->trace, "%016llx%016llx",
                   (unsigned long long)random_u64() | 1, (unsigned long long)random_u64());
}

/* ---- spans ---- */

void span_begin(struct span *s, const char *name, enum span_kind kind, const struct trace *above)
{
    *s = (struct span){0};
    if (!*above->trace)
        return;
    s->at = *above;
    s->name = name;
    s->kind = kind;
    s->began_us = clock_wall_us();
    memcpy(s->parent, above->span, sizeof s->parent);
    str_format(s->at.span, sizeof s->at.span, "%016llx", (unsigned long long)random_u64() | 1);
}

void span_end(struct span *s, const char *error, const struct span_field *fields, unsigned count)
{
    struct span_end end = {.error = error, .fields = fields, .count = count};

    if (s->began_us && s->at.is_sampled && sink.take) {
        uint64_t now = clock_wall_us();
        end.ended_us = now > s->began_us ? now : s->began_us;
        sink.take(sink.ctx, s, &end);
    }
    s->began_us = 0;
}

void span_sink(void (*take)(void *ctx, const struct span *s, const struct span_end *end), void *ctx)
{
    sink.take = take;
    sink.ctx = ctx;
}
