/* What migrate promises of a schema it finds: ours so far, newer than ours, or another one. */
#include <string.h>

#include "base/random.h"
#include "pg/embedded.h"
#include "pg/migrate.h"
#include "test.h"

static char why[200];

/* The first so many of our own files, as schema_migrations holds them. */
static struct result_set ours(unsigned count)
{
    struct result_set g = {0};
    char              number[12], checksum[MIGRATE_CHECKSUM_SIZE];

    result_set_begin(&g, 3);
    for (unsigned i = 0; i < count; i++) {
        str_format(number, sizeof number, "%u", i + 1);
        migrate_checksum(embedded_migrations[i].text, checksum);
        result_set_add(&g, str_of(number));
        result_set_add(&g, str_of(embedded_migrations[i].name));
        result_set_add(&g, str_of(checksum));
    }
    return g;
}

static unsigned all(void)
{
    unsigned n = 0;

    while (embedded_migrations[n].name)
        n++;
    return n;
}

static void it_goes_on_where_it_stopped(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= all(); i++) {
        struct result_set g = ours(i);
        assert_int_equal(migrate_compare(&g, why, sizeof why), i);
        result_set_fini(&g);
    }
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    struct result_set g = ours(all());

    result_set_add(&g, STR("99"));
    result_set_add(&g, STR("0099_of_the_future.sql"));
    result_set_add(&g, STR("x"));
    assert_int_equal(migrate_compare(&g, why, sizeof why), -1);
    assert_non_null(strstr(why, "0099_of_the_future.sql"));
    result_set_fini(&g);
}

static void an_altered_past_is_refused(void **state)
{
    (void)state;
    const char *first[][3] = {
        {"1", embedded_migrations[0].name, "another checksum"},
        {"1", "0001_another.sql", NULL},
        {"2", embedded_migrations[0].name, NULL},
    };
    char checksum[MIGRATE_CHECKSUM_SIZE];

    migrate_checksum(embedded_migrations[0].text, checksum);
    for (unsigned i = 0; i < COUNT_OF(first); i++) {
        struct result_set g = {0};
        result_set_begin(&g, 3);
        result_set_add(&g, str_of(first[i][0]));
        result_set_add(&g, str_of(first[i][1]));
        result_set_add(&g, str_of(first[i][2] ? first[i][2] : checksum));
        assert_int_equal(migrate_compare(&g, why, sizeof why), -1);
        result_set_fini(&g);
    }
}

static void files_are_numbered_without_gaps(void **state)
{
    (void)state;
    for (unsigned i = 0; i < all(); i++) {
        char start[8];
        str_format(start, sizeof start, "%04u_", i + 1);
        assert_true(str_starts(str_of(embedded_migrations[i].name), start));
    }
}

/* Once shipped, a file never changes: a new one is added instead. */
static void shipped_files_have_not_changed(void **state)
{
    (void)state;
    static const char *const shipped[] = {
        "54afd62189a1c51c1c8ff692859e0707", "1e8697b51f2c42ce123cea20cc6546fb",
        "89720dbe838a8ab6d42dfac8235e77e9", "7efbc902cac2870de879dd2a563784f3",
        "f42a9ffee4364a28cf3496377c1e5327", "4ec8536f193eb5c83b1e1ced0489d64f",
        "11b9814a5e546dfa3b95c9c4c3a87c2f",
    };
    char checksum[MIGRATE_CHECKSUM_SIZE];

    assert_int_equal(all(), COUNT_OF(shipped));
    for (unsigned i = 0; i < all(); i++) {
        migrate_checksum(embedded_migrations[i].text, checksum);
        assert_string_equal(checksum, shipped[i]);
    }
}

int main(void)
{
    random_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_on_where_it_stopped),
        cmocka_unit_test(a_newer_schema_is_refused),
        cmocka_unit_test(an_altered_past_is_refused),
        cmocka_unit_test(files_are_numbered_without_gaps),
        cmocka_unit_test(shipped_files_have_not_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
