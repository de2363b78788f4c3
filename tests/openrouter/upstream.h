/* upstream - decides the reply to each request; sending it is up to the server.
 *
 * It checks in OpenRouter's order: the key, then the body, then the model. */
#ifndef STANDIN_UPSTREAM_H
#define STANDIN_UPSTREAM_H
#include "generations.h"
#include "keys.h"
#include "reply.h"

struct upstream {
    struct keys        keys;
    struct knobs       knobs; /* the defaults */
    bool               demo;  /* sample answers about cars */
    json_t            *seen;  /* owned; requests so far of a key and a model that fails at first */
    unsigned           numbered; /* numbered answers so far */
    struct generations generations;
};

struct upstream_request {
    const char   *method, *path;
    struct str    authorization; /* the header's value */
    struct str    id;            /* of the query */
    const json_t *body;          /* borrowed; NULL: not JSON */
    bool          is_too_long;   /* and therefore was not read */
};

void         upstream_init(struct upstream *u);
void         upstream_fini(struct upstream *u);
struct reply upstream_reply(struct upstream *u, const struct upstream_request *a);

#endif
