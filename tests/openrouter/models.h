/* models - the models that can be requested, and their prices.  See models.def. */
#ifndef STANDIN_MODELS_H
#define STANDIN_MODELS_H
#include <jansson.h>

#include "base/str.h"

struct model {
    const char *id, *name, *answers_as, *provider;
    unsigned    context, most_output;            /* tokens; most_output 0: unknown */
    const char *prompt_price, *completion_price; /* USD per token, as text in the list */
};

const struct model *model_find(struct str id);      /* NULL: unknown */
const struct model *model_for_scenarios(void);      /* standin/ok */
bool                model_has_ended(struct str id); /* once free, now answered with 404 */

json_t *model_json(const struct model *m);
json_t *models_json(void);

#endif
