/* The parser template of msgpack-c, with callbacks that write tokens. */
#include <stdlib.h>
#include <string.h>

#include <msgpack/unpack.h>

#include "wire/token_stream.h"

struct reader {
    struct token_stream *stream;
    const char          *start;
    size_t               len;
};

/* An object of the template is the index of its token. */
static int add(struct reader *r, struct token token, uint32_t *index)
{
    struct token_stream *t = r->stream;

    if (t->count == t->room) {
        uint32_t      room = t->room * 4;
        bool          grown = t->tokens != t->first;
        struct token *more = mem_grow(grown ? t->tokens : NULL, room * sizeof *more);
        if (!grown)
            memcpy(more, t->first, sizeof t->first);
        t->tokens = more;
        t->room = room;
    }
    *index = t->count;
    token.end = t->count + 1;
    t->tokens[t->count++] = token;
    return 0;
}

static int add_container(struct reader *r, enum token_type type, uint64_t count, uint64_t values,
                         uint32_t *index)
{
    /* Every value takes at least one byte, so there cannot be more of them than bytes. */
    if (values > r->len || r->stream->count > r->len)
        return -1;
    return add(r, (struct token){.type = type, .count = count}, index);
}

static int add_unsigned(struct reader *r, uint64_t value, uint32_t *index)
{
    return add(r, (struct token){.type = TOKEN_U64, .u64 = value}, index);
}

static int add_signed(struct reader *r, int64_t value, uint32_t *index)
{
    if (value >= 0)
        return add_unsigned(r, (uint64_t)value, index);
    return add(r, (struct token){.type = TOKEN_OTHER}, index);
}

static int add_bytes(struct reader *r, enum token_type type, const char *p, unsigned len,
                     uint32_t *index)
{
    return add(r, (struct token){.type = type, .bytes = {p, len}}, index);
}

#define msgpack_unpack_struct(name)    struct token_template##name
#define msgpack_unpack_func(ret, name) static inline ret token_template##name
#define msgpack_unpack_callback(name)  on##name
#define msgpack_unpack_object          uint32_t
#define msgpack_unpack_user            struct reader

static inline uint32_t on_root(struct reader *r)
{
    (void)r;
    return 0;
}

#define ON_NUMBER(name, type, add_it)                                                              \
    static inline int on##name(struct reader *r, type d, uint32_t *o)                              \
    {                                                                                              \
        return add_it(r, d, o);                                                                    \
    }
ON_NUMBER(_uint8, uint8_t, add_unsigned)
ON_NUMBER(_uint16, uint16_t, add_unsigned)
ON_NUMBER(_uint32, uint32_t, add_unsigned)
ON_NUMBER(_uint64, uint64_t, add_unsigned)
ON_NUMBER(_int8, int8_t, add_signed)
ON_NUMBER(_int16, int16_t, add_signed)
ON_NUMBER(_int32, int32_t, add_signed)
ON_NUMBER(_int64, int64_t, add_signed)

static inline int on_double(struct reader *r, double d, uint32_t *o)
{
    return add(r, (struct token){.type = TOKEN_F64, .f64 = d}, o);
}

static inline int on_float(struct reader *r, float d, uint32_t *o)
{
    return on_double(r, (double)d, o);
}

static inline int on_nil(struct reader *r, uint32_t *o)
{
    return add(r, (struct token){.type = TOKEN_OTHER}, o);
}

static inline int on_true(struct reader *r, uint32_t *o)
{
    return add_unsigned(r, 1, o);
}

static inline int on_false(struct reader *r, uint32_t *o)
{
    return add_unsigned(r, 0, o);
}

static inline int on_array(struct reader *r, unsigned n, uint32_t *o)
{
    return add_container(r, TOKEN_ARRAY, n, n, o);
}

static inline int on_map(struct reader *r, unsigned n, uint32_t *o)
{
    return add_container(r, TOKEN_OTHER, n, 2 * (uint64_t)n, o);
}

/* A container ends after its last element. */
static inline int on_array_item(struct reader *r, uint32_t *container, uint32_t item)
{
    (void)item;
    r->stream->tokens[*container].end = r->stream->count;
    return 0;
}

static inline int on_map_item(struct reader *r, uint32_t *container, uint32_t key, uint32_t value)
{
    (void)key;
    return on_array_item(r, container, value);
}

static inline int on_str(struct reader *r, const char *base, const char *p, unsigned len,
                         uint32_t *o)
{
    (void)base;
    return add_bytes(r, TOKEN_STR, p, len, o);
}

static inline int on_bin(struct reader *r, const char *base, const char *p, unsigned len,
                         uint32_t *o)
{
    (void)base;
    return add_bytes(r, TOKEN_BIN, p, len, o);
}

static inline int on_ext(struct reader *r, const char *base, const char *p, unsigned len,
                         uint32_t *o)
{
    (void)base;
    return add_bytes(r, TOKEN_OTHER, p, len, o);
}

#include <msgpack/unpack_define.h>
#include <msgpack/unpack_template.h>

enum err token_stream_read(struct token_stream *t, struct str bytes)
{
    struct token_template_context context;
    size_t                        at = 0;

    t->tokens = t->first;
    t->count = 0;
    t->room = TOKEN_STREAM_INLINE;
    memset(&context, 0, sizeof context);
    context.user = (struct reader){t, bytes.p, bytes.len};
    token_template_init(&context);
    /* 1: one value is complete; 0: more bytes are needed; < 0: invalid or nested too deep. */
    if (!bytes.len || token_template_execute(&context, bytes.p, bytes.len, &at) != 1)
        return ERR_BAD_FRAME;
    return at == bytes.len ? ERR_OK : ERR_BAD_FRAME;
}

void token_stream_fini(struct token_stream *t)
{
    if (t->tokens != t->first)
        free(t->tokens);
    t->tokens = NULL;
}
