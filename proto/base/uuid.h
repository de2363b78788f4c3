/* uuid - UUIDs in their canonical text form: 36 characters in lower case (RFC 9562).
 *
 * random_init must have been called before uuid_new. */
#ifndef PROTO_BASE_UUID_H
#define PROTO_BASE_UUID_H
#include <stdint.h>

#include "base/str.h"

#define UUID_LEN 36

struct uuid {
    char text[UUID_LEN + 1];
};

struct uuid uuid_new(void); /* version 4, random */

/* The same namespace and name always give the same UUID (version 8). */
struct uuid uuid_derive(const char *namespace, struct str name);

/* False if text is not a UUID in canonical form. Upper case is accepted and converted. */
MUST_CHECK bool uuid_parse(struct uuid *out, struct str text);
struct str      uuid_str(const struct uuid *id);

#endif
