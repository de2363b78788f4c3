/* static - the files of the page, read once at the start.
 *
 * Only what was read can be asked for, by its exact name, so there is no path
 * that leads anywhere else.  index.html is "/"; the files of static/ have their
 * content's hash in their names and may be kept for ever.  A file may have its
 * compressed forms beside it, .br and .gz. */
#ifndef GATEWAY_STATIC_H
#define GATEWAY_STATIC_H
#include "base/err.h"

enum coding { CODING_PLAIN, CODING_GZIP, CODING_BROTLI, CODING_COUNT };

struct static_file {
    char       *path; /* as in the request; owned */
    const char *type; /* Content-Type */
    char        etag[40];
    bool        is_hashed;           /* its name changes with its content */
    struct buf  bytes[CODING_COUNT]; /* empty: not there */
};

struct static_files;

/* ERR_DOWN and a log line if the folder cannot be read or is larger than a page can be. */
MUST_CHECK enum err static_open(struct static_files **out, const char *root);
void                static_close(struct static_files **f);

const struct static_file *static_find(const struct static_files *f, const char *path);

/* The smallest form that this Accept-Encoding takes. */
enum coding static_coding(const struct static_file *file, struct str accept_encoding);

extern const char *const static_coding_names[CODING_COUNT]; /* "gzip"; of CODING_PLAIN NULL */

#endif
