/* upstream - what each address answers; decides, and leaves the giving to the server.
 *
 * The order is OpenRouter's: the key first, then the body, then the model. */
#ifndef STANDIN_UPSTREAM_H
#define STANDIN_UPSTREAM_H
#include "generations.h"
#include "keys.h"
#include "reply.h"

struct upstream {
    struct keys        keys;
    struct knobs       knobs;    /* where a test sets nothing */
    bool               demo;     /* sample answers about cars */
    json_t            *seen;     /* owned; how often a key asked a model that fails at first */
    unsigned           numbered; /* answers with a number so far */
    struct generations generations;
};

struct asked {
    const char   *method, *path;
    struct str    authorization; /* the header's value */
    struct str    id;            /* of the query */
    const json_t *body;          /* borrowed; NULL: it was not JSON */
    bool          is_too_long;   /* and so was not read */
};

void         upstream_init(struct upstream *u);
void         upstream_fini(struct upstream *u);
struct reply upstream_reply(struct upstream *u, const struct asked *a);

#endif
