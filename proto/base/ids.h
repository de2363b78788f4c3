/* ids - names for things that nobody can guess.
 *
 * A UUID travels as its 36 characters, in lower case (RFC 9562). */
#ifndef PROTO_BASE_IDS_H
#define PROTO_BASE_IDS_H
#include <stdint.h>

#include "base/str.h"

#define UUID_LEN 36

struct uuid {
    char text[UUID_LEN + 1];
};

void        ids_init(void); /* once, before anything else here; aborts without a random source */
uint64_t    random_u64(void);
uint64_t    random_below(uint64_t limit); /* 0 <= x < limit; limit > 0 */
struct uuid uuid_new(void);               /* version 4 */

/* The same name in the same room always gives the same UUID (version 8). */
struct uuid uuid_derive(const char *room, struct str name);

/* False if it is no UUID in its canonical form; upper case is taken and lowered. */
MUST_CHECK bool uuid_parse(struct uuid *out, struct str text);
struct str      uuid_str(const struct uuid *id);

#endif
