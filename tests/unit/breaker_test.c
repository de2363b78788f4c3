/* What breaker and model_table promise. */
#include "answer/breaker.h"
#include "base/metrics.h"
#include "test.h"

#define M STR("a/b")

static const struct breaker_limits limits = {.failures = 3, .window_ms = 1000, .cooldown_ms = 500};

static void fail_times(struct breaker *b, struct str model, unsigned times, uint64_t now)
{
    while (times--)
        breaker_failed(b, model, ERR_UPSTREAM_ERROR, now);
}

static void enough_failures_open_it_for_a_cooldown(void **state)
{
    (void)state;
    struct breaker b;

    breaker_init(&b, &limits);
    fail_times(&b, M, 2, 100);
    assert_int_equal(breaker_wait(&b, M, 100), 0);
    breaker_failed(&b, M, ERR_UPSTREAM_RATE_LIMITED, 200);
    assert_int_equal(breaker_wait(&b, M, 200), 500);
    assert_int_equal(breaker_wait(&b, M, 699), 1);
    assert_int_equal(breaker_wait(&b, M, 700), 0);
    assert_int_equal(breaker_last_error(&b, M), ERR_UPSTREAM_RATE_LIMITED);
    assert_int_equal(breaker_wait(&b, STR("c/d"), 200), 0); /* other models are not affected */
    breaker_fini(&b);
}

static void failures_far_apart_do_not_count_together(void **state)
{
    (void)state;
    struct breaker b;

    breaker_init(&b, &limits);
    fail_times(&b, M, 2, 0);
    fail_times(&b, M, 2, 1001);
    assert_int_equal(breaker_wait(&b, M, 1001), 0);
    fail_times(&b, M, 1, 1002);
    assert_int_equal(breaker_wait(&b, M, 1002), 500);
    breaker_fini(&b);
}

static void a_success_clears_the_failures(void **state)
{
    (void)state;
    struct breaker b;

    breaker_init(&b, &limits);
    for (unsigned i = 0; i < 5; i++) {
        fail_times(&b, M, 2, i);
        breaker_succeeded(&b, M);
    }
    assert_int_equal(breaker_wait(&b, M, 5), 0);
    breaker_fini(&b);
}

static void after_the_cooldown_only_one_may_try(void **state)
{
    (void)state;
    struct breaker b;

    breaker_init(&b, &limits);
    assert_false(breaker_start(&b, M, 0)); /* a closed one is not tried, it is asked */
    fail_times(&b, M, 3, 0);
    assert_false(breaker_start(&b, M, 499));
    assert_true(breaker_start(&b, M, 500));
    assert_false(breaker_start(&b, M, 500));
    assert_true(breaker_wait(&b, M, 500) > 0);
    breaker_fini(&b);
}

static void the_result_of_the_probe_decides(void **state)
{
    (void)state;
    struct breaker b;

    breaker_init(&b, &limits);
    fail_times(&b, M, 3, 0);
    assert_true(breaker_start(&b, M, 600));
    breaker_failed(&b, M, ERR_UPSTREAM_ERROR, 5000); /* long after the window: one is enough */
    assert_int_equal(breaker_wait(&b, M, 5000), 500);
    assert_true(breaker_start(&b, M, 5500));
    breaker_abandoned(&b, M);
    assert_int_equal(breaker_wait(&b, M, 5500), 0);
    assert_true(breaker_start(&b, M, 5500)); /* now another may */
    breaker_succeeded(&b, M);
    fail_times(&b, M, 2, 5501);
    assert_int_equal(breaker_wait(&b, M, 5501), 0);
    breaker_fini(&b);
}

static void without_a_number_of_failures_it_never_opens(void **state)
{
    (void)state;
    struct breaker              b;
    const struct breaker_limits never = {.window_ms = 1000, .cooldown_ms = 500};

    breaker_init(&b, &never);
    fail_times(&b, M, 100, 0);
    assert_int_equal(breaker_wait(&b, M, 0), 0);
    breaker_fini(&b);
}

static void the_table_evicts_the_least_recently_used(void **state)
{
    (void)state;
    struct breaker b;
    char           name[20];

    breaker_init(&b, &limits);
    fail_times(&b, M, 3, 0);
    fail_times(&b, STR("c/d"), 3, 0);
    for (unsigned i = 0; i < MODEL_TABLE_MAX - 1; i++) {
        assert_true(breaker_wait(&b, M, 1) > 0); /* this one is kept by being asked for */
        str_format(name, sizeof name, "x/%u", i);
        fail_times(&b, str_of(name), 3, 0);
    }
    assert_int_equal(breaker_wait(&b, STR("c/d"), 1), 0);
    assert_true(breaker_wait(&b, M, 1) > 0);
    assert_true(breaker_wait(&b, str_of(name), 1) > 0);
    breaker_fini(&b);
}

static double state_of(const char *model, const char *name)
{
    return metric_value_for(METRIC_BREAKER_STATE, model, name);
}

static void the_metrics_name_the_open_breakers(void **state)
{
    (void)state;
    struct breaker b;
    char           name[20];

    breaker_init(&b, &limits);
    fail_times(&b, M, 3, 0);
    fail_times(&b, STR("c/d"), 2, 0); /* not yet */
    breaker_update_metrics(&b, 1);
    assert_int_equal(state_of("a/b", "open"), 1);
    assert_int_equal(state_of("c/d", "open"), 0);
    breaker_update_metrics(&b, 600);
    assert_int_equal(state_of("a/b", "open"), 0);
    assert_int_equal(state_of("a/b", "half_open"), 1);
    breaker_succeeded(&b, M);
    breaker_update_metrics(&b, 600);
    assert_int_equal(state_of("a/b", "half_open"), 0);
    for (unsigned i = 0; i < 20; i++) {
        str_format(name, sizeof name, "x/%u", i);
        fail_times(&b, str_of(name), 3, 700);
    }
    breaker_update_metrics(&b, 701);
    breaker_update_metrics(&b, 702);
    assert_int_equal(state_of("x/0", "open"), 1);
    assert_int_equal(state_of("other", "open"), 5); /* 16 have a name, one of them a/b */
    assert_int_equal(metric_value_for(METRIC_BREAKERS, "open", NULL), 20);
    breaker_fini(&b);
    metrics_fini();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enough_failures_open_it_for_a_cooldown),
        cmocka_unit_test(failures_far_apart_do_not_count_together),
        cmocka_unit_test(a_success_clears_the_failures),
        cmocka_unit_test(after_the_cooldown_only_one_may_try),
        cmocka_unit_test(the_result_of_the_probe_decides),
        cmocka_unit_test(without_a_number_of_failures_it_never_opens),
        cmocka_unit_test(the_table_evicts_the_least_recently_used),
        cmocka_unit_test(the_metrics_name_the_open_breakers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
