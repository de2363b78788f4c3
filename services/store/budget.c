/* Money, and the two questions about it. */
#include <math.h>

#include "budget.h"

#define NANOS_PER_DOLLAR 1e9

uint64_t nanos_of_dollars(double dollars)
{
    double nanos = dollars * NANOS_PER_DOLLAR;

    if (!(nanos > 0)) /* not a number, too */
        return 0;
    return nanos < NANOS_MAX ? (uint64_t)llround(nanos) : NANOS_MAX;
}

bool budget_is_set(const struct config *c)
{
    return c->session_budget > 0;
}

void budget_tell(const struct config *c, uint64_t counted, uint64_t *has, double *left)
{
    uint64_t budget = nanos_of_dollars(c->session_budget);

    *has = budget_is_set(c);
    *left = *has && counted < budget ? (double)(budget - counted) / NANOS_PER_DOLLAR : 0;
}

enum err budget_ask_reserve(struct job *j, unsigned place, uint64_t epoch)
{
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_id(a, &j->turn);
    args_u64(a, epoch);
    args_u64(a, nanos_of_dollars(j->config->turn_reserve));
    args_u64(a, nanos_of_dollars(j->config->session_budget));
    return job_ask_pg(j, place, STATEMENT_RESERVE);
}

enum err budget_ask_settle(struct job *j, unsigned place, uint64_t epoch, bool spent)
{
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_id(a, &j->turn);
    args_u64(a, epoch);
    args_u64(a, spent);
    return job_ask_pg(j, place, STATEMENT_SETTLE);
}
