/* Bytes to lines to fields to events. */
#include <string.h>

#include "openrouter/sse.h"

#define ROOM_KEPT (8 * 1024) /* the memory of a rare long event is released after it */
#define BOM       "\xEF\xBB\xBF"

void sse_fini(struct sse *s)
{
    buf_fini(&s->line);
    buf_fini(&s->data);
}

static void empty(struct buf *b)
{
    if (b->room > ROOM_KEPT)
        buf_fini(b);
    else
        buf_clear(b);
}

/* Adds bytes to the line; true when it is complete. */
static bool take_line(struct sse *s, struct str *bytes)
{
    size_t len = 0;

    if (!bytes->len)
        return false;
    if (s->after_cr && bytes->p[0] == '\n')
        *bytes = (struct str){bytes->p + 1, bytes->len - 1};
    s->after_cr = false;
    while (len < bytes->len && bytes->p[len] != '\n' && bytes->p[len] != '\r')
        len++;
    if (s->line.len + len > SSE_MAX) {
        s->too_long = true;
        return false;
    }
    buf_add(&s->line, bytes->p, len);
    bool ended = len < bytes->len;
    s->after_cr = ended && bytes->p[len] == '\r';
    *bytes = (struct str){bytes->p + len + ended, bytes->len - len - ended};
    return ended;
}

static void add_data(struct sse *s, struct str value)
{
    if (s->data.len + 1 + value.len > SSE_MAX) {
        s->too_long = true;
        return;
    }
    if (s->has_data)
        buf_add(&s->data, "\n", 1);
    buf_str(&s->data, value);
    s->has_data = true;
}

/* A complete line; true if it ends an event that has data. */
static bool end_line(struct sse *s)
{
    struct str line = buf_view(&s->line);
    bool       ends = line.len == 0 && s->has_data;

    if (!s->begun && str_starts(line, BOM))
        line = (struct str){line.p + 3, line.len - 3};
    s->begun = true;
    if (str_starts(line, "data:")) {
        bool has_space = line.len > 5 && line.p[5] == ' ';
        add_data(s, (struct str){line.p + 5 + has_space, line.len - 5 - has_space});
    } else if (str_is(line, "data")) {
        add_data(s, STR(""));
    }
    empty(&s->line);
    return ends;
}

static enum sse_result hand_out(struct sse *s, struct str *data)
{
    *data = buf_view(&s->data);
    s->has_data = false;
    s->handed_out = true;
    return SSE_EVENT;
}

static void drop_handed_out(struct sse *s)
{
    if (s->handed_out)
        empty(&s->data);
    s->handed_out = false;
}

enum sse_result sse_next(struct sse *s, struct str *bytes, struct str *data)
{
    drop_handed_out(s);
    while (!s->too_long && take_line(s, bytes))
        if (end_line(s))
            return hand_out(s, data);
    return s->too_long ? SSE_TOO_LONG : SSE_NOTHING;
}

enum sse_result sse_last(struct sse *s, struct str *data)
{
    drop_handed_out(s);
    if (!s->too_long && s->line.len)
        end_line(s);
    if (s->too_long)
        return SSE_TOO_LONG;
    return s->has_data ? hand_out(s, data) : SSE_NOTHING;
}
