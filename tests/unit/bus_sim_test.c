/* The promises of both ends of the bus, on an unreliable network.
 *
 * bus_sim_test [first seed] [count] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bus_sim.h"
#include "test.h"

#define MUCH 18 /* requests; more than there are slots, less than a queue holds */

static uint64_t first_seed = 1;
static unsigned seeds = 24;

/* After the faults all capacity is back: requests sent at once by one gateway get
 * their replies, and use every slot. */
static void ask_much(struct sim *s, unsigned gateway)
{
    unsigned finals = s->finals;

    memset(s->most_open, 0, sizeof s->most_open);
    for (unsigned i = 0; i < MUCH; i++) {
        sim_send(s, gateway, SERVICE_STORE, 20000);
        sim_send(s, gateway, SERVICE_LLM_WORKER, 20000);
    }
    sim_run(s, 21000);
    check_end(s);
    check_peaks(s);
    if (s->finals - finals != 2 * MUCH)
        sim_fail(s, "after the storm every request is replied to");
}

static void run_seed(uint64_t seed)
{
    struct sim *s = sim_new(seed);

    sim_run(s, 45000);
    sim_calm(s);
    sim_run(s, 35000);
    check_end(s);
    for (unsigned g = 0; g < GATEWAYS; g++)
        ask_much(s, g);
    assert_true(s->finals > 100);
    sim_free(s);
}

static void promises_hold_under_all_conditions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < seeds; i++)
        run_seed(first_seed + i);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(promises_hold_under_all_conditions)};

    log_open("sim", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seeds = (unsigned)strtoul(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
