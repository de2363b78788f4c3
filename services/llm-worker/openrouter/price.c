/* Prices of models. */
#include "openrouter/price.h"

bool price_is_free(const struct price *p)
{
    return p->known && p->prompt == 0 && p->completion == 0 && p->request == 0;
}
