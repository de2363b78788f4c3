/* generate - the parts of the generator: see generate.c. */
#ifndef STORE_GENERATE_H
#define STORE_GENERATE_H
#include "base/str.h"

#define SOURCES_MAX 128
#define FIELDS_MAX  40

enum { IN_SQL = 1, IN_LUA = 2, BOTH = 3 };

struct type {
    const char *name;  /* in a declaration */
    const char *param; /* struct param_<param>; NULL: a key, or only in results */
    const char *row;   /* in a row */
    const char *read;  /* reads it from a result set */
    unsigned    oid;   /* in Postgres */
    unsigned    language;
};

struct field {
    char               name[64];
    const struct type *type; /* NULL: an argument of a fragment, which is text */
    struct str         doc;  /* view into the text of the file */
};

/* A statement, a script, a fragment of SQL, or the text that stands in front of every script. */
struct source {
    const char  *path; /* borrowed */
    char         name[64];
    unsigned     language;
    bool         is_shared; /* it is not sent by itself */
    char        *text;      /* owned: the whole file */
    struct buf   doc;
    struct str   body; /* view into text */
    unsigned     line; /* of its beginning */
    unsigned     params, keys, columns;
    bool         has_rows; /* a script answers any number of rows, not one */
    struct field param[FIELDS_MAX], column[FIELDS_MAX]; /* keys come first */
};

/* Prints one line and ends the program: the file, the line (0: none), what is wrong. */
_Noreturn void generate_fail(const char *path, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

const struct type *generate_find_type(struct str name, unsigned language);

void source_read(struct source *s, const char *path, unsigned language);
void source_fini(struct source *s);

/* The text as it is sent. */
void generate_expand_sql(struct buf *to, const struct source *s, const struct source *all,
                         unsigned count);
void generate_expand_lua(struct buf *to, const struct source *s, const struct source *all,
                         unsigned count);

const char *generate_upper(char *to, size_t size, const char *prefix, const char *name);

#endif
