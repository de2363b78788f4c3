/* account - the bodies of GET /key and GET /models as our own messages. */
#ifndef LLM_WORKER_OPENROUTER_ACCOUNT_H
#define LLM_WORKER_OPENROUTER_ACCOUNT_H
#include <jansson.h>

#include "wire/messages.h"

/* say points into the returned JSON, which the caller ends with json_decref;
 * NULL: the body is not what it should be. */
json_t *account_read_key(struct str body, struct key_test_reply *say);
json_t *account_read_models(struct str body, struct models_list_reply *say);

#endif
