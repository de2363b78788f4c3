/* retry_budget - limits retries, so that they do not multiply the load of a failing service.
 *
 * Each first attempt earns a tenth of a retry, each second three.  Savings are
 * capped: they cover the loss of one busy instance, and a service that keeps
 * failing gets only about a tenth more requests. */
#ifndef PROTO_BUS_COMMON_RETRY_BUDGET_H
#define PROTO_BUS_COMMON_RETRY_BUDGET_H
#include <stdbool.h>
#include <stdint.h>

struct retry_budget {
    uint64_t thousandths;
    uint64_t at; /* of the last refill */
};

void     retry_budget_init(struct retry_budget *b, uint64_t now); /* full */
void     retry_budget_earn(struct retry_budget *b);               /* a first attempt was made */
bool     retry_budget_take(struct retry_budget *b, uint64_t now); /* false: no retry now */
unsigned retry_budget_left(const struct retry_budget *b, uint64_t now);

#endif
