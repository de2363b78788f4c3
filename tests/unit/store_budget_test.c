/* What budget promises of money: whole nanodollars, and never more than there can be. */
#include <math.h>

#include "test.h"
#include "turn/budget.h"

static void money_is_counted_in_nanodollars(void **state)
{
    (void)state;
    assert_int_equal(budget_nanos(0), 0);
    assert_int_equal(budget_nanos(0.02), 20000000);
    assert_int_equal(budget_nanos(0.000123), 123000);
    assert_int_equal(budget_nanos(1), 1000000000);
    assert_int_equal(budget_nanos(0.0000000006), 1);
}

/* In floats, ten times 0.1 is less than 1. */
static void sums_are_exact(void **state)
{
    (void)state;
    assert_int_equal(10 * budget_nanos(0.1), budget_nanos(1));
    assert_int_equal(7 * budget_nanos(0.02), budget_nanos(0.14));
    assert_int_equal(3 * budget_nanos(0.0000011), budget_nanos(0.0000033));
}

static void what_is_no_sum_of_money_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(budget_nanos(-1), 0);
    assert_int_equal(budget_nanos((double)NAN), 0);
    assert_int_equal(budget_nanos(-(double)INFINITY), 0);
    assert_int_equal(budget_nanos(1e-300), 0);
}

/* Nine thousand of them still fit into what Postgres counts with. */
static void a_sum_beyond_reason_is_cut(void **state)
{
    (void)state;
    assert_int_equal(budget_nanos(1e300), BUDGET_NANOS_MAX);
    assert_int_equal(budget_nanos((double)INFINITY), BUDGET_NANOS_MAX);
    assert_true(INT64_MAX / BUDGET_NANOS_MAX > 9000);
}

static double left(double budget, uint64_t counted, bool is_told)
{
    struct config c = {.session_budget = budget};
    uint64_t      has;
    double        left;

    budget_fill(&c, counted, &has, &left);
    assert_int_equal(has, is_told);
    return left;
}

static void what_is_left_is_told_in_dollars(void **state)
{
    (void)state;
    assert_true(left(0.5, 0, true) == 0.5);
    assert_true(left(0.5, 80000000, true) == 0.42);
    assert_true(left(0.5, 500000000, true) == 0);
}

/* A budget may be made smaller, and an answer may cost more than was reserved. */
static void never_less_than_nothing_is_left(void **state)
{
    (void)state;
    assert_true(left(0.5, 700000000, true) == 0);
}

static void without_a_budget_nothing_is_told(void **state)
{
    (void)state;
    assert_true(left(0, 700000000, false) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_counted_in_nanodollars),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(what_is_no_sum_of_money_is_nothing),
        cmocka_unit_test(a_sum_beyond_reason_is_cut),
        cmocka_unit_test(what_is_left_is_told_in_dollars),
        cmocka_unit_test(never_less_than_nothing_is_left),
        cmocka_unit_test(without_a_budget_nothing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
