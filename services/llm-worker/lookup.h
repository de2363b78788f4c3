/* lookup - key_test_request and models_list_request. */
#ifndef LLM_WORKER_LOOKUP_H
#define LLM_WORKER_LOOKUP_H
#include "worker.h"

void lookup_start_key(struct worker *w, const struct backend_request *rq);
void lookup_start_models(struct worker *w, const struct backend_request *rq);

#endif
