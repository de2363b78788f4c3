/* What result_set promises: cells come out as they went in, and what is not there reads as nothing.
 */
#include "test.h"
#include "values/result_set.h"

static void cells_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct result_set r = {0};

    result_set_begin(&r, 2);
    result_set_add(&r, STR("one"));
    result_set_add(&r, (struct str){"a\0b", 3});
    result_set_add(&r, STR(""));
    result_set_add(&r, STR("last"));
    assert_int_equal(r.rows, 2);
    assert_true(str_is(result_set_str(&r, 0, 0), "one"));
    assert_true(str_eq(result_set_str(&r, 0, 1), (struct str){"a\0b", 3}));
    assert_int_equal(result_set_str(&r, 1, 0).len, 0);
    assert_true(str_is(result_set_str(&r, 1, 1), "last"));
    result_set_fini(&r);
}

static void what_is_not_there_reads_as_nothing(void **state)
{
    (void)state;
    struct result_set r = {0};

    assert_int_equal(result_set_str(&r, 0, 0).len, 0);
    assert_int_equal(result_set_u64(&r, 0, 0), 0);
    assert_true(result_set_f64(&r, 0, 0) == 0);
    result_set_begin(&r, 2);
    result_set_add(&r, STR("half a row"));
    assert_int_equal(r.rows, 0);
    assert_int_equal(result_set_str(&r, 0, 0).len, 0);
    result_set_fini(&r);
}

static void numbers_are_whole_or_nothing(void **state)
{
    (void)state;
    struct result_set r = {0};
    const char *texts[] = {"18446744073709551615", "0", "18446744073709551616", "-1", "12x", "1.5"};

    result_set_begin(&r, COUNT_OF(texts));
    for (unsigned i = 0; i < COUNT_OF(texts); i++)
        result_set_add(&r, str_of(texts[i]));
    assert_true(result_set_u64(&r, 0, 0) == UINT64_MAX);
    for (unsigned i = 1; i < COUNT_OF(texts); i++)
        assert_int_equal(result_set_u64(&r, 0, i), 0);
    assert_true(result_set_f64(&r, 0, 5) == 1.5);
    result_set_fini(&r);
}

static void it_can_be_used_again(void **state)
{
    (void)state;
    struct result_set r = {0};

    for (unsigned round = 0; round < 3; round++) {
        result_set_begin(&r, 1);
        for (unsigned i = 0; i < 100; i++)
            result_set_add(&r, STR("cell"));
        assert_int_equal(r.rows, 100);
        assert_true(str_is(result_set_str(&r, 99, 0), "cell"));
    }
    result_set_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_come_out_as_they_went_in),
        cmocka_unit_test(what_is_not_there_reads_as_nothing),
        cmocka_unit_test(numbers_are_whole_or_nothing),
        cmocka_unit_test(it_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
