/* lookup - the calls that ask about OpenRouter itself: key_test_request, models_list_request. */
#ifndef LLM_WORKER_LOOKUP_LOOKUP_H
#define LLM_WORKER_LOOKUP_LOOKUP_H
#include "call.h"
#include "lookup/model_list.h"

void lookup_start_key(struct calls *calls, const struct backend_request *rq);
void lookup_start_models(struct calls *calls, struct model_list *models,
                         const struct backend_request *rq);

#endif
