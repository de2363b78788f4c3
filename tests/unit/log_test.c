/* What log promises. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "test.h"

static int pipe_out, real_stderr;

static int catch_stderr(void **state)
{
    int ends[2];

    (void)state;
    real_stderr = dup(STDERR_FILENO);
    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
        return -1;
    close(ends[1]);
    pipe_out = ends[0];
    return 0;
}

static int free_stderr(void **state)
{
    (void)state;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(pipe_out);
    return 0;
}

static const char *logged(void)
{
    static char line[2048];
    ssize_t     len = read(pipe_out, line, sizeof line - 1);
    line[len > 0 ? len : 0] = '\0';
    return line;
}

static void a_line_is_json_for_machines(void **state)
{
    (void)state;
    log_open("store", LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_info(42, "turn.done", "ms=%d why=%s", 7, log_quote(STR("say \"no\"\n\x01")));
    const char *line = logged();
    assert_non_null(strstr(line, "\"service\":\"store\""));
    assert_non_null(strstr(line, "\"id\":\"000000000000002a\""));
    assert_non_null(strstr(line, "\"event\":\"turn.done\""));
    assert_non_null(strstr(line, "\"ms\":\"7\""));
    assert_non_null(strstr(line, "\"why\":\"say \\\"no\\\"  \""));
    assert_int_equal(line[strlen(line) - 1], '\n');
}

static void a_line_is_logfmt_for_people(void **state)
{
    (void)state;
    log_open("filter", LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_warn(0, "filter.slow", "ms=%d", 9);
    const char *line = logged();
    assert_non_null(strstr(line, " warn  filter "));
    assert_non_null(strstr(line, " filter.slow ms=9\n"));
    assert_null(strstr(line, "id="));
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    log_open("filter", LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT);
    log_info(0, "filter.quiet", "a=1");
    log_warn(0, "filter.loud", "a=1");
    assert_null(strstr(logged(), "quiet"));
}

static void a_foreign_text_cannot_break_the_line(void **state)
{
    (void)state;
    char long_text[1000];

    memset(long_text, '"', sizeof long_text);
    assert_int_equal(strlen(log_quote((struct str){long_text, sizeof long_text})), 402);
    assert_string_equal(log_quote(STR("a\r\nb\x7F")), "\"a  b \"");
    assert_string_equal(log_quote(STR("\xC3(")), "\" (\"");
    assert_string_equal(log_quote(STR("\xC3\xBC")), "\"\xC3\xBC\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_json_for_machines, catch_stderr, free_stderr),
        cmocka_unit_test_setup_teardown(a_line_is_logfmt_for_people, catch_stderr, free_stderr),
        cmocka_unit_test_setup_teardown(what_is_below_the_level_is_not_written, catch_stderr,
                                        free_stderr),
        cmocka_unit_test(a_foreign_text_cannot_break_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
