/* What the two ends of the bus promise each other, on a network that promises nothing.
 *
 * bus_sim_test [first seed] [count] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bus_sim.h"
#include "test.h"

#define MUCH 18 /* questions; more than there are slots, less than a queue holds */

static uint64_t first_seed = 1;
static unsigned seeds = 24;

/* After the storm everything is as new: what one gateway asks all at once is
 * answered, by every slot there is. */
static void ask_much(struct sim *s, unsigned gateway)
{
    unsigned finals = s->finals;

    memset(s->most_open, 0, sizeof s->most_open);
    for (unsigned i = 0; i < MUCH; i++) {
        sim_ask(s, gateway, SERVICE_STORE, 20000);
        sim_ask(s, gateway, SERVICE_LLM_WORKER, 20000);
    }
    sim_run(s, 21000);
    check_end(s);
    check_peaks(s);
    if (s->finals - finals != 2 * MUCH)
        sim_fail(s, "after the storm every question is answered");
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

static void promises_hold_in_every_weather(void **state)
{
    (void)state;
    for (unsigned i = 0; i < seeds; i++)
        run_seed(first_seed + i);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(promises_hold_in_every_weather)};

    log_open("sim", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seeds = (unsigned)strtoul(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
