/* args - what is handed to a Redis script or a statement of Postgres.
 *
 * Texts and bytes are borrowed until the question was sent, which copies them;
 * ids, numbers and keys are written out in here. */
#ifndef STORE_ARGS_H
#define STORE_ARGS_H
#include "base/uuid.h"
#include "keys.h"

#define ARGS_MAX 24

enum arg_kind { ARG_BYTES, ARG_WORD, ARG_NULL };

struct args {
    unsigned      count; /* all, keys included */
    unsigned      keys;  /* the first so many are keys of Redis */
    struct str    value[ARGS_MAX];
    enum arg_kind kind[ARGS_MAX];
    char          words[ARGS_MAX][40];
    struct key    key[8];
};

void args_key(struct args *a, struct key key); /* before anything else */
void args_bytes(struct args *a, struct str bytes);
void args_text(struct args *a, const char *text);    /* borrowed too */
void args_id(struct args *a, const struct uuid *id); /* an empty one: NULL, or '' in Redis */
void args_u64(struct args *a, uint64_t n);
void args_f64(struct args *a, double x);

#endif
