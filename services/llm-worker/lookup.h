/* lookup - key_test_ask and models_list_ask. */
#ifndef LLM_WORKER_LOOKUP_H
#define LLM_WORKER_LOOKUP_H
#include "worker.h"

void lookup_start_key(struct worker *w, const struct request *rq);
void lookup_start_models(struct worker *w, const struct request *rq);

#endif
