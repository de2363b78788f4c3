/* str - a view into somebody else's bytes; buf - bytes of our own that grow.
 *
 * A struct str owns nothing and is not terminated; what must outlive the
 * handler is copied with str_dup.  An empty str may have p == NULL. */
#ifndef PROTO_BASE_STR_H
#define PROTO_BASE_STR_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

struct str {
    const char *p;
    size_t      len;
};

#define STR(literal) ((struct str){literal, sizeof(literal) - 1})

struct str str_of(const char *cstr); /* NULL gives the empty str */
char      *str_dup(struct str s);    /* terminated copy; free() it */
bool       str_eq(struct str a, struct str b);
bool       str_is(struct str a, const char *cstr);
bool       str_starts(struct str s, const char *prefix);
struct str str_trim(struct str s); /* without ASCII white space at both ends */
struct str str_cut(struct str s,
                   size_t     most);      /* at most so many bytes, never inside a UTF-8 character */
bool       str_is_utf8(struct str s); /* RFC 3629: no overlong forms, no surrogates */

/* Like snprintf into a fixed array; returns false when it had to cut. */
bool str_format(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct buf {
    char  *p; /* owned; always terminated when not NULL */
    size_t len;
    size_t room;
};

void buf_fini(struct buf *b); /* frees and empties; a zeroed buf is a valid empty one */
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t len);
void buf_str(struct buf *b, struct str s);
void buf_print(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprint(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void       buf_drop(struct buf *b, size_t len); /* takes bytes off the front */
struct str buf_view(const struct buf *b);       /* valid until the next change */
char      *buf_take(struct buf *b);             /* the terminated bytes; free() them */

#endif
