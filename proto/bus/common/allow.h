/* allow - the list of public keys that may connect, each for one service.
 *
 * The file has lines `<service> <public key in Z85>`; empty lines and lines that
 * begin with # are skipped.  A service may have several keys, so that keys can
 * be rotated without an outage. */
#ifndef PROTO_BUS_COMMON_ALLOW_H
#define PROTO_BUS_COMMON_ALLOW_H
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

/* ERR_BAD_REQUEST, and a log event with the line number, if the file is unreadable
 * or a line is invalid: then out is unchanged. */
MUST_CHECK enum err allow_read(struct allow *out, const char *file);
MUST_CHECK enum err allow_parse(struct allow *out, struct str text);
bool                allow_find(const struct allow *a, struct str key, enum service *out);

#endif
