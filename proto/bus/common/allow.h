/* allow - which public key speaks for which service.
 *
 * Read from a file with lines `<service> <public key in Z85>`; empty lines and
 * lines that begin with # are skipped.  A service may have several keys, so
 * that keys can be changed without an outage; a key has one service. */
#ifndef PROTO_BUS_ALLOW_H
#define PROTO_BUS_ALLOW_H
#include "bus/common/services.h"

#define KEY_LEN   40 /* of a CURVE key in Z85 */
#define ALLOW_MAX 64

struct allow {
    unsigned count;
    struct {
        enum service service;
        char         key[KEY_LEN + 1];
    } entry[ALLOW_MAX];
};

/* ERR_BAD_REQUEST, and a log line that names the line, if the file cannot be
 * read or one line of it cannot be understood: then out is not changed. */
MUST_CHECK enum err allow_read(struct allow *out, const char *file);
MUST_CHECK enum err allow_parse(struct allow *out, struct str text);
bool                allow_find(const struct allow *a, struct str key, enum service *out);

#endif
