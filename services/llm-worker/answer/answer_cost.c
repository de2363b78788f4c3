/* Reported cost against listed price. */
#include "answer/answer_cost.h"

/* US dollars per token; more than any model listed in 2026.  The bound where no price is known. */
#define PRICE_MAX 0.001

struct answer_cost answer_cost_check(const struct usage *u, const struct price *p, double margin)
{
    const struct price bound = {
        .known = true,
        .prompt = PRICE_MAX / margin,
        .completion = PRICE_MAX / margin,
    };
    const struct price *price = p->known ? p : &bound;
    double              expected = price->prompt * (double)u->prompt_tokens +
                      price->completion * (double)u->completion_tokens + price->request;
    bool is_paid = p->known && !price_is_free(p);

    if (!u->given)
        return (struct answer_cost){.implausible = is_paid, .unknown = !price_is_free(p)};
    if (u->cost > expected * margin * (1 + 1e-9))
        return (struct answer_cost){.usd = expected * margin, .implausible = true};
    if (u->cost > 0 || !is_paid || u->is_byok || !u->completion_tokens)
        return (struct answer_cost){.usd = u->cost};
    return (struct answer_cost){.usd = expected, .implausible = true};
}
