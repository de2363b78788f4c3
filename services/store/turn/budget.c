/* Money, and the two requests about it. */
#include <math.h>

#include "budget.h"

#define NANOS_PER_DOLLAR 1e9

uint64_t budget_nanos(double dollars)
{
    double nanos = dollars * NANOS_PER_DOLLAR;

    if (!(nanos > 0)) /* NaN, too */
        return 0;
    return nanos < BUDGET_NANOS_MAX ? (uint64_t)llround(nanos) : BUDGET_NANOS_MAX;
}

bool budget_is_set(const struct config *c)
{
    return c->session_budget > 0;
}

void budget_fill(const struct config *c, uint64_t counted, uint64_t *has, double *left)
{
    uint64_t budget = budget_nanos(c->session_budget);

    *has = budget_is_set(c);
    *left = *has && counted < budget ? (double)(budget - counted) / NANOS_PER_DOLLAR : 0;
}

enum err budget_request_reserve(struct job *j, unsigned slot, uint64_t epoch)
{
    const struct sql_budget_reserve p = {
        .session = param_uuid(&j->session),
        .turn = param_uuid(&j->turn),
        .epoch = param_u64(epoch),
        .reserve = param_u64(budget_nanos(j->config->turn_reserve)),
        .budget = param_u64(budget_nanos(j->config->session_budget))};

    return job_request_sql(j, slot, sql_budget_reserve(&j->args, &p));
}

enum err budget_request_settle(struct job *j, unsigned slot, uint64_t epoch, bool spent)
{
    const struct sql_budget_settle p = {.session = param_uuid(&j->session),
                                        .turn = param_uuid(&j->turn),
                                        .epoch = param_u64(epoch),
                                        .is_spent = param_u64(spent)};

    return job_request_sql(j, slot, sql_budget_settle(&j->args, &p));
}
