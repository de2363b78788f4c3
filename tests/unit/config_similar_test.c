/* What config_similar promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/config_similar.h"

static const struct config_item items[] = {
    {.name = "MESSAGES_PER_MINUTE"},
    {.name = "DRAIN_MS"},
    {.name = "HTTP_PORT"},
    {.name = "SLOTS"},
    {.name = "AUTH"},
    {.name = "LOG_NAME"},
    {.name = "BUS_SECRET_KEY"},
};

static const char *similar(const char *name)
{
    return config_similar(str_of(name), items, COUNT_OF(items));
}

static void a_misspelled_setting_is_named(void **state)
{
    (void)state;
    assert_string_equal(similar("MESSAGE_PER_MINUTE"), "MESSAGES_PER_MINUTE");
    assert_string_equal(similar("MESAGES_PER_MINUT"), "MESSAGES_PER_MINUTE");
    assert_string_equal(similar("HTTP_PROT"), "HTTP_PORT");
    assert_string_equal(similar("BUS_SECRETKEY_FILE"), "BUS_SECRET_KEY");
}

static void another_unit_is_named(void **state)
{
    (void)state;
    assert_string_equal(similar("DRAIN_SECONDS"), "DRAIN_MS");
    assert_null(similar("OTHER_SECONDS"));
}

static void a_setting_is_not_a_mistake(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(items); i++)
        assert_null(similar(items[i].name));
    assert_null(similar("BUS_SECRET_KEY_FILE"));
}

static void other_names_are_left_alone(void **state)
{
    static const char *const names[] = {
        "PATH",
        "LOGNAME",
        "HOME",
        "SLOT",
        "AUTHS",
        "HTTP_PROXY",
        "LANG",
        "",
        "_",
        "KUBERNETES_SERVICE_PORT",
        "A_NAME_THAT_IS_LONGER_THAN_ANY_SETTING_THAT_THESE_PROGRAMS_WILL_EVER_HAVE"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_null(similar(names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misspelled_setting_is_named),
        cmocka_unit_test(another_unit_is_named),
        cmocka_unit_test(a_setting_is_not_a_mistake),
        cmocka_unit_test(other_names_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
