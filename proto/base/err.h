/* err - errors caused by input, peers and time; see errors.def. Bugs of our own abort with must().
 */
#ifndef PROTO_BASE_ERR_H
#define PROTO_BASE_ERR_H
#include "base/str.h"

enum err {
#define ERR(NAME, code, status, text) ERR_##NAME,
#include "base/errors.def"
    ERR_COUNT
};

const char *err_code(enum err e);         /* "off_topic": for clients, the bus and logs */
const char *err_text(enum err e);         /* a sentence for the user */
int         err_http(enum err e);         /* HTTP status */
enum err    err_of_code(struct str code); /* ERR_INTERNAL for a code this version does not know */

#endif
