/* What codes promises. */
#include "test.h"
#include "topic/codes.h"

static void assert_kind(const char *kind, const char *const *words)
{
    for (; *words; words++) {
        const char *found = codes_kind(str_of(*words));
        if (!kind && found)
            fail_msg("%s was taken for %s", *words, found);
        if (kind && (!found || !str_is(str_of(found), kind)))
            fail_msg("%s is %s", *words, found ? found : "nothing");
    }
}

static void fault_codes_are_known(void **state)
{
    (void)state;
    assert_kind("fault_code",
                (const char *[]){"p0420", "p1abc", "b0001", "c0035", "u0100", "p2bad", NULL});
}

static void vins_are_known(void **state)
{
    (void)state;
    assert_kind("vin", (const char *[]){"1hgcm82633a004352", "wvwzzz1jz3w386752", NULL});
}

static void oil_grades_and_tyre_sizes_are_known(void **state)
{
    (void)state;
    assert_kind("oil_grade", (const char *[]){"5w", "5w30", "10w40", "0w", NULL});
    assert_kind("tyre_size", (const char *[]){"55r16", "35zr19", NULL});
}

static void other_words_are_not_taken_for_codes(void **state)
{
    (void)state;
    assert_kind(NULL, (const char *[]){"",
                                       "p",
                                       "p042",
                                       "p04200",
                                       "p4420",
                                       "x0420",
                                       "p042g",
                                       "50w3",
                                       "w30",
                                       "100w20",
                                       "5w3x",
                                       "55x16",
                                       "55r1",
                                       "r16",
                                       "supercalifragilis",
                                       "12345678901234567",
                                       "1hgcm82633a00435o",
                                       "1hgcm82633a0o4352",
                                       "1hgcm82633a00435",
                                       NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_codes_are_known),
        cmocka_unit_test(vins_are_known),
        cmocka_unit_test(oil_grades_and_tyre_sizes_are_known),
        cmocka_unit_test(other_words_are_not_taken_for_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
