/* static - the files of the page, read once at start-up.
 *
 * Only files that were read can be requested, by their exact name, so no path
 * leads outside of the folder.  index.html is "/"; the names of the files in
 * static/ contain a hash of their content, so they may be cached without limit.
 * A file may have compressed forms next to it, .br and .gz. */
#ifndef GATEWAY_STATIC_H
#define GATEWAY_STATIC_H
#include "base/err.h"

enum coding { CODING_PLAIN, CODING_GZIP, CODING_BROTLI, CODING_COUNT };

struct static_file {
    char       *path; /* as in the request; owned */
    const char *type; /* Content-Type */
    char        etag[40];
    bool        is_hashed;           /* the name contains a hash of the content */
    struct buf  bytes[CODING_COUNT]; /* empty: no such form */
};

struct static_files;

/* ERR_DOWN and a log line if the folder cannot be read or is too large.  Empty root: no page. */
MUST_CHECK enum err static_open(struct static_files **out, const char *root);
void                static_close(struct static_files **f);

const struct static_file *static_find(const struct static_files *f, const char *path);

/* The smallest form that this Accept-Encoding allows. */
enum coding static_coding(const struct static_file *file, struct str accept_encoding);

extern const char *const static_coding_names[CODING_COUNT]; /* "gzip"; NULL for CODING_PLAIN */

#endif
