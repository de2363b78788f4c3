/* What config promises. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "test.h"

struct config {
    const char *name;
    uint64_t    port;
    double      warmth;
    bool        demo;
    const char *key;
};

#include "base/config_as_items.h"
static const struct config_item items[] = {
    TEXT(T_NAME, name, NULL, "a name") NUMBER(T_PORT, port, 8080, 0, 65535, "a port")
        REAL(T_WARMTH, warmth, 0.7, 0, 2, "a number") FLAG(T_DEMO, demo, 0, "a switch")
            SECRET(T_KEY, key, "a key")};
#include "base/config_done.h"

static struct config config;

/* Reads settings given as "NAME=value" strings, NULL ends them. */
static char *faults_with(const char *const *settings)
{
    struct config_run run;
    char             *argv[] = {"program", NULL};

    free((char *)(uintptr_t)config.key);
    config = (struct config){0};
    for (; *settings; settings++)
        putenv((char *)(uintptr_t)*settings);
    config_start(&run, "test", items, COUNT_OF(items), &config, 1, argv);
    for (size_t i = 0; i < COUNT_OF(items); i++)
        unsetenv(items[i].name);
    unsetenv("T_KEY_FILE");
    return buf_take(&run.faults);
}

static void defaults_hold_where_nothing_is_set(void **state)
{
    (void)state;
    const char *const settings[] = {"T_NAME=x", NULL};
    char             *faults = faults_with(settings);

    assert_string_equal(faults, "");
    assert_string_equal(config.name, "x");
    assert_int_equal(config.port, 8080);
    assert_true(config.warmth == 0.7);
    assert_false(config.demo);
    assert_null(config.key);
    free(faults);
}

static void all_faults_are_told_at_once(void **state)
{
    (void)state;
    const char *const settings[] = {"T_PORT=65536", "T_WARMTH=warm", "T_DEMO=yes",
                                    "T_KEY_FILE=/nowhere", NULL};
    char             *faults = faults_with(settings);

    assert_non_null(strstr(faults, "T_NAME"));
    assert_non_null(strstr(faults, "T_PORT"));
    assert_non_null(strstr(faults, "T_WARMTH"));
    assert_non_null(strstr(faults, "T_DEMO"));
    assert_non_null(strstr(faults, "/nowhere"));
    free(faults);
}

static void numbers_are_whole_and_nothing_else(void **state)
{
    (void)state;
    const char *const bad[] = {"T_PORT=-1", "T_PORT=80x", "T_PORT= 80", "T_PORT=8e2",
                               "T_PORT=0x50"};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const char *const settings[] = {"T_NAME=x", bad[i], NULL};
        char             *faults = faults_with(settings);
        assert_non_null(strstr(faults, "T_PORT"));
        free(faults);
    }
}

/* NaN is neither below the minimum nor above the maximum. */
static void a_real_number_is_finite_and_decimal(void **state)
{
    (void)state;
    const char *const bad[] = {"T_WARMTH=nan", "T_WARMTH=inf", "T_WARMTH=0x1", "T_WARMTH=1e400",
                               "T_WARMTH=-0.1"};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const char *const settings[] = {"T_NAME=x", bad[i], NULL};
        char             *faults = faults_with(settings);
        assert_non_null(strstr(faults, "T_WARMTH"));
        free(faults);
    }
}

static void a_secret_comes_from_a_file_trimmed(void **state)
{
    (void)state;
    char path[] = "/tmp/config_test.XXXXXX", setting[64];
    int  fd = mkstemp(path);

    assert_int_equal(write(fd, " s3cret \n", 9), 9);
    close(fd);
    snprintf(setting, sizeof setting, "T_KEY_FILE=%s", path);
    const char *const settings[] = {"T_NAME=x", setting, NULL};
    char             *faults = faults_with(settings);
    unlink(path);
    assert_string_equal(faults, "");
    assert_string_equal(config.key, "s3cret");
    free(faults);
}

static void a_secret_given_twice_is_a_fault(void **state)
{
    (void)state;
    const char *const settings[] = {"T_NAME=x", "T_KEY=a", "T_KEY_FILE=/nowhere", NULL};
    char             *faults = faults_with(settings);
    assert_non_null(strstr(faults, "given twice"));
    free(faults);
}

static void a_needed_secret_and_a_strange_log_level_are_faults(void **state)
{
    (void)state;
    struct config_run run = {.service = "test"};

    config_need(&run, "T_KEY", "set");
    assert_int_equal(run.faults.len, 0);
    config_need(&run, "T_KEY", NULL);
    config_open_log(&run, "", "loud", "xml");
    assert_non_null(strstr(run.faults.p, "T_KEY: must be set, or T_KEY_FILE"));
    assert_non_null(strstr(run.faults.p, "LOG_LEVEL"));
    assert_non_null(strstr(run.faults.p, "LOG_FORMAT"));
    buf_fini(&run.faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_where_nothing_is_set),
        cmocka_unit_test(all_faults_are_told_at_once),
        cmocka_unit_test(numbers_are_whole_and_nothing_else),
        cmocka_unit_test(a_real_number_is_finite_and_decimal),
        cmocka_unit_test(a_secret_comes_from_a_file_trimmed),
        cmocka_unit_test(a_secret_given_twice_is_a_fault),
        cmocka_unit_test(a_needed_secret_and_a_strange_log_level_are_faults),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free((char *)(uintptr_t)config.key);
    return failed;
}
