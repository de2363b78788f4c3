/* Named cost against listed price. */
#include "cost.h"

/* Dearer than any model listed in 2026; the bound where no price is known. */
#define DEAREST 0.001

struct cost cost_check(const struct usage *u, const struct price *p, double margin)
{
    struct price price = p->known ? *p : (struct price){true, DEAREST / margin, DEAREST / margin};
    double       usual =
        price.prompt * (double)u->prompt_tokens + price.completion * (double)u->completion_tokens;
    bool is_paid = p->known && p->prompt + p->completion > 0;

    if (!u->given)
        return (struct cost){0, is_paid};
    if (u->cost > usual * margin * (1 + 1e-9))
        return (struct cost){usual * margin, true};
    if (u->cost > 0 || !is_paid || u->is_byok || !u->completion_tokens)
        return (struct cost){u->cost, false};
    return (struct cost){usual, true};
}
