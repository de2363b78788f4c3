/* keys - the API keys that the stand-in knows.
 *
 * A key is written as KEY or KEY,WORD,WORD, where the words mean:
 *   free-tier    the account never paid
 *   management   may read the credits but not request completions
 *   spent        the key's own limit is reached (403)
 *   broke        the account has no credit (402)
 *   failing      the key endpoint answers 500
 * A file has one such line per key; empty lines and lines with # are skipped. */
#ifndef STANDIN_KEYS_H
#define STANDIN_KEYS_H
#include <jansson.h>

#include "base/str.h"

struct key {
    char *text; /* owned */
    bool  is_free_tier, is_management, is_spent, is_broke, is_failing;
};

struct keys {
    struct key *key; /* owned, as is each text */
    size_t      count;
    bool        any; /* accept every key: for the demo */
};

void keys_fini(struct keys *k);

/* False: not a key of printable ASCII, or an unknown word. */
MUST_CHECK bool keys_add(struct keys *k, struct str line);
MUST_CHECK bool keys_load(struct keys *k, const char *path); /* false: also when unreadable */

const struct key *keys_find(const struct keys *k, struct str text); /* NULL: unknown */
json_t           *key_json(const struct key *k);                    /* the reply to GET /key */

#endif
