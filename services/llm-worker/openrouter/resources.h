/* resources - the bodies of GET /key and GET /models as messages of the bus. */
#ifndef LLM_WORKER_OPENROUTER_RESOURCES_H
#define LLM_WORKER_OPENROUTER_RESOURCES_H
#include <jansson.h>

#include "wire/messages.h"

/* reply points into the returned JSON, which the caller releases with json_decref; NULL: the body
 * is not what it should be. */
json_t *resources_read_key(struct str body, struct key_test_reply *reply);
json_t *resources_read_models(struct str body, struct models_list_reply *reply);

#endif
