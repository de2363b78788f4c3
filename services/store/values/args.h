/* args - the parameters of a call as they are sent, in the order of the declarations.
 *
 * A text is borrowed until the call was sent, which copies it; ids, numbers and keys are written
 * out in here. */
#ifndef STORE_ARGS_H
#define STORE_ARGS_H
#include "param.h"

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

/* For the generated encoders: each aborts if the parameter is not set. */
void args_init(struct args *a);
void args_add_key(struct args *a, struct key key); /* before anything else */
void args_add_uuid(struct args *a, struct param_uuid p);
void args_add_text(struct args *a, struct param_text p);
void args_add_bytes(struct args *a, struct param_bytes p);
void args_add_u64(struct args *a, struct param_u64 p);
void args_add_f64(struct args *a, struct param_f64 p);
void args_add_flag(struct args *a, struct param_flag p);

#endif
