/* A token bucket in thousandths of a retry. */
#include "bus/common/retry_budget.h"

#define PER_FIRST_ATTEMPT 100
#define PER_MILLISECOND   3
#define ONE_RETRY         1000
#define SAVED_MAX         (100 * ONE_RETRY)

static void add(struct retry_budget *b, uint64_t thousandths)
{
    b->thousandths += thousandths;
    if (b->thousandths > SAVED_MAX)
        b->thousandths = SAVED_MAX;
}

static void refill(struct retry_budget *b, uint64_t now)
{
    uint64_t passed = now - b->at;

    b->at = now;
    add(b, passed > SAVED_MAX ? SAVED_MAX : passed * PER_MILLISECOND);
}

void retry_budget_init(struct retry_budget *b, uint64_t now)
{
    *b = (struct retry_budget){SAVED_MAX, now};
}

void retry_budget_earn(struct retry_budget *b)
{
    add(b, PER_FIRST_ATTEMPT);
}

bool retry_budget_take(struct retry_budget *b, uint64_t now)
{
    refill(b, now);
    if (b->thousandths < ONE_RETRY)
        return false;
    b->thousandths -= ONE_RETRY;
    return true;
}

unsigned retry_budget_left(const struct retry_budget *b, uint64_t now)
{
    struct retry_budget then = *b;

    refill(&then, now);
    return (unsigned)(then.thousandths / ONE_RETRY);
}
