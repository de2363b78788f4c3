/* config - the settings of the llm-worker; see config.def. */
#ifndef LLM_WORKER_CONFIG_H
#define LLM_WORKER_CONFIG_H
#include "answer/model_route.h"
#include "base/config.h"
#include "seal/seal.h"

struct config {
#include "base/config_as_fields.h"

#include "base/common.def"

#include "bus/backend/backend.def"

#include "config.def"

#include "base/config_done.h"
    struct seal_ring   ring;         /* read from seal_secret_keys */
    struct str         operator_key; /* api_key, trimmed; empty: none */
    struct model_route fallbacks;    /* of fallback_models */
};

/* Reads and checks everything; leaves only with good values. */
void config_load(struct config *c, int argc, char **argv);

#endif
