/* What ids promises. */
#include "base/random.h"
#include "base/uuid.h"
#include "test.h"

static void a_new_uuid_parses_as_itself(void **state)
{
    (void)state;
    struct uuid made = uuid_new(), read;
    assert_true(uuid_parse(&read, uuid_str(&made)));
    assert_string_equal(made.text, read.text);
    assert_int_equal(made.text[14], '4');
}

static void two_uuids_differ(void **state)
{
    (void)state;
    struct uuid a = uuid_new(), b = uuid_new();
    assert_string_not_equal(a.text, b.text);
}

static void upper_case_is_lowered(void **state)
{
    (void)state;
    struct uuid id;
    assert_true(uuid_parse(&id, STR("0189ABCD-0000-4000-8000-00000000000F")));
    assert_string_equal(id.text, "0189abcd-0000-4000-8000-00000000000f");
}

static void what_is_no_uuid_is_refused(void **state)
{
    (void)state;
    struct uuid id;
    const char *bad[] = {"",
                         "0189abcd",
                         "0189abcd-0000-4000-8000-00000000000g",
                         "0189abcd-0000-4000-8000-00000000000",
                         "0189abcd00000-4000-8000-00000000000f",
                         "{189abcd-0000-4000-8000-00000000000}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(uuid_parse(&id, str_of(bad[i])));
}

static void a_derived_uuid_depends_on_room_and_name_only(void **state)
{
    (void)state;
    struct uuid a = uuid_derive("chat", STR("x")), again = uuid_derive("chat", STR("x"));
    struct uuid other = uuid_derive("chat", STR("y")), room = uuid_derive("cha", STR("tx")), read;
    assert_string_equal(a.text, again.text);
    assert_string_not_equal(a.text, other.text);
    assert_string_not_equal(a.text, room.text);
    assert_true(uuid_parse(&read, uuid_str(&a)));
}

static void a_random_number_stays_below_its_limit(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(random_below(3) < 3);
        assert_true(random_below(UINT64_C(1) << 40) < UINT64_C(1) << 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_uuid_parses_as_itself),
        cmocka_unit_test(two_uuids_differ),
        cmocka_unit_test(upper_case_is_lowered),
        cmocka_unit_test(what_is_no_uuid_is_refused),
        cmocka_unit_test(a_derived_uuid_depends_on_room_and_name_only),
        cmocka_unit_test(a_random_number_stays_below_its_limit),
    };
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
