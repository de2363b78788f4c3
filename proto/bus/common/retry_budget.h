/* retry_budget - keeps retries from becoming the outage.
 *
 * Every first try earns a tenth of a retry, every second three; savings are
 * capped, so that the death of one busy instance is covered and a service that
 * fails for good is asked only a little more often than people ask it. */
#ifndef PROTO_BUS_RETRY_BUDGET_H
#define PROTO_BUS_RETRY_BUDGET_H
#include <stdbool.h>
#include <stdint.h>

struct retry_budget {
    uint64_t thousandths;
    uint64_t at; /* of the last refill */
};

void     retry_budget_init(struct retry_budget *b, uint64_t now); /* full */
void     retry_budget_earn(struct retry_budget *b);               /* a first try was made */
bool     retry_budget_take(struct retry_budget *b, uint64_t now); /* false: no retry now */
unsigned retry_budget_left(const struct retry_budget *b, uint64_t now);

#endif
