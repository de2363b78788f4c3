/* What rate promises. */
#include <stdio.h>

#include "base/random.h"
#include "session/rate.h"
#include "test.h"

static void a_burst_passes_then_one_at_a_time(void **state)
{
    (void)state;
    struct rate *r = rate_new(3, 60000);

    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(rate_take(r, STR("anna"), 1000), 0);
    assert_int_equal(rate_take(r, STR("anna"), 1000), 20000);
    assert_int_equal(rate_take(r, STR("anna"), 11000), 10000);
    assert_int_equal(rate_take(r, STR("anna"), 21000), 0);
    assert_int_equal(rate_take(r, STR("anna"), 21000), 20000);
    rate_free(&r);
}

static void what_was_refused_costs_nothing(void **state)
{
    (void)state;
    struct rate *r = rate_new(1, 1000);

    assert_int_equal(rate_take(r, STR("anna"), 0), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(rate_take(r, STR("anna"), 500), 500);
    assert_int_equal(rate_take(r, STR("anna"), 1000), 0);
    rate_free(&r);
}

static void people_are_counted_apart(void **state)
{
    (void)state;
    struct rate *r = rate_new(1, 1000);

    assert_int_equal(rate_take(r, STR("anna"), 0), 0);
    assert_int_equal(rate_take(r, STR("berta"), 0), 0);
    assert_int_not_equal(rate_take(r, STR("anna"), 0), 0);
    rate_free(&r);
}

static void a_flood_of_names_does_not_free_a_few(void **state)
{
    (void)state;
    struct rate *r = rate_new(1, 60000);
    unsigned     passed = 0;
    char         name[32];

    assert_int_equal(rate_take(r, STR("anna"), 0), 0);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "10.0.%u.%u", i / 256, i % 256);
        passed += rate_take(r, str_of(name), 1) == 0;
    }
    assert_int_equal(passed, 1000);
    assert_int_not_equal(rate_take(r, STR("anna"), 2), 0);
    rate_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_then_one_at_a_time),
        cmocka_unit_test(what_was_refused_costs_nothing),
        cmocka_unit_test(people_are_counted_apart),
        cmocka_unit_test(a_flood_of_names_does_not_free_a_few),
    };
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
