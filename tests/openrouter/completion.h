/* completion - the reply to POST /chat/completions with a known key. */
#ifndef STANDIN_COMPLETION_H
#define STANDIN_COMPLETION_H
#include "upstream.h"

struct reply completion_reply(struct upstream *u, const struct key *key, const json_t *body);

#endif
