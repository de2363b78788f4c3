/* str - strings: struct str is a view of bytes owned elsewhere, struct buf owns bytes and grows.
 *
 * A struct str is not terminated; whatever must outlive a handler is copied with str_dup or
 * str_copy. The p of an empty str may be NULL. */
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

struct str str_of(const char *cstr); /* NULL gives an empty str */
char      *str_dup(struct str s);    /* a terminated copy; free() it */
bool       str_eq(struct str a, struct str b);
bool       str_is(struct str a, const char *cstr);
bool       str_starts(struct str s, const char *prefix);
struct str str_trim(struct str s); /* without ASCII white space at both ends */

/* At most max bytes of s, without splitting a UTF-8 character. */
struct str str_cut(struct str s, size_t max);

/* Valid UTF-8 (RFC 3629): no overlong forms, no surrogates. */
bool str_is_utf8(struct str s);

/* Copies s into the array to and terminates it. If s is too long, copies what fits, without
 * splitting a UTF-8 character, and returns false. */
bool str_copy(char *to, size_t size, struct str s);

/* Like snprintf; false if the result was truncated. */
bool str_format(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A zeroed buf is empty. */
struct buf {
    char  *p; /* owned; terminated if not NULL */
    size_t len;
    size_t room;
};

void buf_fini(struct buf *b); /* frees the bytes; b is empty afterwards */
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t len);
void buf_str(struct buf *b, struct str s);
void buf_print(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprint(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void       buf_drop(struct buf *b, size_t len); /* removes bytes from the front */
struct str buf_view(const struct buf *b);       /* valid until the next change */
char      *buf_take(struct buf *b); /* the terminated bytes; free() them; b is empty afterwards */

#endif
