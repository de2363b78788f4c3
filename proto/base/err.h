/* err - theirs: what input, peers and time can do to us.  See errors.def. */
#ifndef PROTO_BASE_ERR_H
#define PROTO_BASE_ERR_H
#include "base/str.h"

enum err {
#define ERR(NAME, code, status, text) ERR_##NAME,
#include "base/errors.def"
    ERR_COUNT
};

const char *err_code(enum err e); /* "off_topic": for clients, the bus, logs */
const char *err_text(enum err e); /* a sentence for the person */
int         err_http(enum err e);
enum err    err_of_code(struct str code); /* ERR_INTERNAL for a code of a newer service */

#endif
