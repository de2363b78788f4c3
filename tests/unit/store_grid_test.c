/* What grid promises: cells come out as they went in, and what is not there reads as nothing. */
#include "grid.h"
#include "test.h"

static void cells_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct grid g = {0};

    grid_begin(&g, 2);
    grid_add(&g, STR("one"));
    grid_add(&g, (struct str){"a\0b", 3});
    grid_add(&g, STR(""));
    grid_add(&g, STR("last"));
    assert_int_equal(g.rows, 2);
    assert_true(grid_is(&g, 0, 0, "one"));
    assert_true(str_eq(grid_str(&g, 0, 1), (struct str){"a\0b", 3}));
    assert_int_equal(grid_str(&g, 1, 0).len, 0);
    assert_true(grid_is(&g, 1, 1, "last"));
    grid_fini(&g);
}

static void what_is_not_there_reads_as_nothing(void **state)
{
    (void)state;
    struct grid g = {0};

    assert_int_equal(grid_str(&g, 0, 0).len, 0);
    assert_int_equal(grid_u64(&g, 0, 0), 0);
    assert_true(grid_f64(&g, 0, 0) == 0);
    grid_begin(&g, 2);
    grid_add(&g, STR("half a row"));
    assert_int_equal(g.rows, 0);
    assert_int_equal(grid_str(&g, 0, 0).len, 0);
    grid_fini(&g);
}

static void numbers_are_whole_or_nothing(void **state)
{
    (void)state;
    struct grid g = {0};
    const char *texts[] = {"18446744073709551615", "0", "18446744073709551616", "-1", "12x", "1.5"};

    grid_begin(&g, COUNT_OF(texts));
    for (unsigned i = 0; i < COUNT_OF(texts); i++)
        grid_add(&g, str_of(texts[i]));
    assert_true(grid_u64(&g, 0, 0) == UINT64_MAX);
    for (unsigned i = 1; i < COUNT_OF(texts); i++)
        assert_int_equal(grid_u64(&g, 0, i), 0);
    assert_true(grid_f64(&g, 0, 5) == 1.5);
    grid_fini(&g);
}

static void it_can_be_used_again(void **state)
{
    (void)state;
    struct grid g = {0};

    for (unsigned round = 0; round < 3; round++) {
        grid_begin(&g, 1);
        for (unsigned i = 0; i < 100; i++)
            grid_add(&g, STR("cell"));
        assert_int_equal(g.rows, 100);
        assert_true(grid_is(&g, 99, 0, "cell"));
    }
    grid_fini(&g);
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
