/* What str and buf promise. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "test.h"

static void views_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(STR("oil"), (struct str){"oil can", 3}));
    assert_false(str_eq(STR("oil"), STR("oi")));
    assert_true(str_eq((struct str){0}, STR("")));
    assert_true(str_starts(STR("sk-or-v1"), "sk-"));
    assert_false(str_starts(STR("sk"), "sk-"));
}

static void trimming_takes_white_space_only_at_the_ends(void **state)
{
    (void)state;
    assert_true(str_is(str_trim(STR(" \t\r\na b\n")), "a b"));
    assert_int_equal(str_trim(STR(" \n ")).len, 0);
}

static void a_cut_never_splits_a_character(void **state)
{
    (void)state;
    struct str text = STR("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x9A\x97"); /* a ü € car */
    size_t     want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};

    for (size_t most = 0; most < COUNT_OF(want); most++)
        assert_int_equal(str_cut(text, most).len, want[most]);
}

static void utf8_is_judged_by_rfc_3629(void **state)
{
    (void)state;
    const char *good[] = {
        "", "plain", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x9A\x97", "\xF4\x8F\xBF\xBF"};
    const char *bad[] = {"\x80",         "\xC0\x80",     "\xC3",
                         "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                         "\xE2\x82",     "\xFF",         "\xC3("};

    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(str_is_utf8(str_of(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(str_is_utf8(str_of(bad[i])));
}

/* The check reads the bytes before it by table: a block of exactly their size
 * lets the sanitizer see one read too many. */
static void utf8_check_stays_inside_its_bytes(void **state)
{
    (void)state;
    const char *text = "\xF0\x9F\x9A\x97";

    for (size_t len = 1; len < 4; len++) {
        char *exact = malloc(len);
        memcpy(exact, text, len);
        assert_false(str_is_utf8((struct str){exact, len}));
        free(exact);
    }
}

static void a_buf_grows_and_stays_terminated(void **state)
{
    (void)state;
    struct buf b = {0};

    for (int i = 0; i < 1000; i++)
        buf_print(&b, "%d,", i % 10);
    assert_int_equal(b.len, 2000);
    assert_int_equal(strlen(b.p), 2000);
    buf_drop(&b, 1990);
    assert_string_equal(b.p, "5,6,7,8,9,");
    buf_clear(&b);
    assert_string_equal(b.p, "");
    buf_fini(&b);
    assert_null(b.p);
}

static void taking_from_a_buf_leaves_it_empty(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_str(&b, STR("mine"));
    char *p = buf_take(&b);
    assert_string_equal(p, "mine");
    assert_int_equal(b.len, 0);
    free(p);
    p = buf_take(&b);
    assert_string_equal(p, "");
    free(p);
}

static void a_copy_is_terminated_and_cut_between_characters(void **state)
{
    (void)state;
    char to[4] = "xxx";

    assert_true(str_copy(to, sizeof to, STR("abc")));
    assert_string_equal(to, "abc");
    assert_false(str_copy(to, sizeof to, STR("abcd")));
    assert_string_equal(to, "abc");
    assert_false(
        str_copy(to, sizeof to, STR("ab\xC3\xA4"))); /* the last character needs two bytes */
    assert_string_equal(to, "ab");
    assert_true(str_copy(to, sizeof to, (struct str){0}));
    assert_string_equal(to, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_compare_by_bytes),
        cmocka_unit_test(trimming_takes_white_space_only_at_the_ends),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(a_copy_is_terminated_and_cut_between_characters),
        cmocka_unit_test(utf8_is_judged_by_rfc_3629),
        cmocka_unit_test(utf8_check_stays_inside_its_bytes),
        cmocka_unit_test(a_buf_grows_and_stays_terminated),
        cmocka_unit_test(taking_from_a_buf_leaves_it_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
