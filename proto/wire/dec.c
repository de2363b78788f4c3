/* Decoding typed fields. */
#include <math.h>

#include "wire/dec.h"

#define NOT_ENTERED UINT32_MAX

void dec_open(struct dec *d, struct str bytes)
{
    d->at = d->end = 0;
    d->bad =
        token_stream_read(&d->stream, bytes) != ERR_OK || d->stream.tokens[0].type != TOKEN_ARRAY;
    if (!d->bad) {
        d->at = 1;
        d->end = d->stream.tokens[0].end;
    }
}

enum err dec_close(struct dec *d)
{
    token_stream_fini(&d->stream);
    return d->bad ? ERR_BAD_FRAME : ERR_OK;
}

/* Returns the next token if there is one and it has this type. NULL: none left, or an error,
 * which is then recorded in d->bad. */
static const struct token *next(struct dec *d, enum token_type type)
{
    if (d->bad || d->at >= d->end)
        return NULL;
    const struct token *t = &d->stream.tokens[d->at];
    if (t->type != type) {
        d->bad = true;
        return NULL;
    }
    d->at = t->end;
    return t;
}

uint64_t dec_u64(struct dec *d, uint64_t max)
{
    const struct token *t = next(d, TOKEN_U64);
    if (!t)
        return 0;
    if (max && t->u64 > max) {
        d->bad = true;
        return 0;
    }
    return t->u64;
}

double dec_f64(struct dec *d, uint64_t max)
{
    (void)max;
    /* Other encoders may write a whole number as an integer. */
    if (!d->bad && d->at < d->end && d->stream.tokens[d->at].type == TOKEN_U64)
        return (double)dec_u64(d, 0);
    const struct token *t = next(d, TOKEN_F64);
    if (t && !isfinite(t->f64))
        d->bad = true;
    return t && !d->bad ? t->f64 : 0;
}

static struct str take_bytes(struct dec *d, enum token_type type, uint64_t max)
{
    const struct token *t = next(d, type);
    if (!t)
        return (struct str){0};
    if (t->bytes.len > max || (type == TOKEN_STR && !str_is_utf8(t->bytes))) {
        d->bad = true;
        return (struct str){0};
    }
    return t->bytes;
}

struct str dec_str(struct dec *d, uint64_t max)
{
    return take_bytes(d, TOKEN_STR, max);
}

struct str dec_bin(struct dec *d, uint64_t max)
{
    return take_bytes(d, TOKEN_BIN, max);
}

void dec_skip(struct dec *d)
{
    if (!d->bad && d->at < d->end)
        d->at = d->stream.tokens[d->at].end;
}

uint64_t dec_enter(struct dec *d, uint64_t max, uint32_t *outer_end)
{
    uint32_t            at = d->at;
    const struct token *t = next(d, TOKEN_ARRAY);

    *outer_end = NOT_ENTERED;
    if (!t)
        return 0;
    if (t->count > max) {
        d->bad = true;
        return 0;
    }
    *outer_end = d->end;
    d->at = at + 1;
    d->end = t->end;
    return t->count;
}

void dec_leave(struct dec *d, uint32_t outer_end)
{
    if (outer_end == NOT_ENTERED)
        return;
    d->at = d->end;
    d->end = outer_end;
}
