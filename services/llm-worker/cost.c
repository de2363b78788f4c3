/* Named cost against listed price. */
#include "cost.h"

/* Dearer than any model listed in 2026; the bound where no price is known. */
#define DEAREST 0.001

bool price_is_free(const struct price *p)
{
    return p->known && p->prompt == 0 && p->completion == 0 && p->request == 0;
}

struct cost cost_check(const struct usage *u, const struct price *p, double margin)
{
    struct price price =
        p->known ? *p : (struct price){true, DEAREST / margin, DEAREST / margin, 0};
    double usual = price.prompt * (double)u->prompt_tokens +
                   price.completion * (double)u->completion_tokens + price.request;
    bool is_paid = p->known && !price_is_free(p);

    if (!u->given)
        return (struct cost){.doubtful = is_paid, .unknown = !price_is_free(p)};
    if (u->cost > usual * margin * (1 + 1e-9))
        return (struct cost){.usd = usual * margin, .doubtful = true};
    if (u->cost > 0 || !is_paid || u->is_byok || !u->completion_tokens)
        return (struct cost){.usd = u->cost};
    return (struct cost){.usd = usual, .doubtful = true};
}
