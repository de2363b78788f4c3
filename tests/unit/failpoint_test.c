/* What failpoint promises. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "test.h"

/* Which signal ended a gateway that was started with this FAILPOINT and passes the point so often;
 * 0: it lives. */
static int killed_by(const char *setting, enum failpoint point, unsigned passes)
{
    int status = 0;
    int child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct buf faults = {0};
        setenv("FAILPOINT", setting, 1);
        log_open("test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
        failpoint_arm("gateway", &faults);
        while (passes--)
            failpoint(point);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static char *faults_of(const char *setting)
{
    struct buf faults = {0};

    setenv("FAILPOINT", setting, 1);
    failpoint_arm("gateway", &faults);
    unsetenv("FAILPOINT");
    return faults.p ? buf_take(&faults) : str_dup(STR(""));
}

static void the_point_that_is_named_kills(void **state)
{
    (void)state;
    assert_int_equal(killed_by("gateway_granted", FAILPOINT_GATEWAY_GRANTED, 1), SIGKILL);
    assert_int_equal(killed_by("gateway_granted", FAILPOINT_GATEWAY_JOINED, 1), 0);
    assert_int_equal(killed_by("", FAILPOINT_GATEWAY_GRANTED, 1), 0);
}

static void a_count_lets_it_pass_before(void **state)
{
    (void)state;
    assert_int_equal(killed_by("gateway_granted:3", FAILPOINT_GATEWAY_GRANTED, 2), 0);
    assert_int_equal(killed_by("gateway_granted:3", FAILPOINT_GATEWAY_GRANTED, 3), SIGKILL);
}

static void a_point_of_another_service_is_not_armed(void **state)
{
    (void)state;
    char *faults = faults_of("store_spooled");

    assert_string_equal(faults, "");
    assert_int_equal(killed_by("store_spooled", FAILPOINT_STORE_SPOOLED, 1), 0);
    free(faults);
}

static void a_wrong_name_or_count_is_a_fault(void **state)
{
    (void)state;
    const char *const wrong[] = {"gateway_grant",
                                 "gateway_granted:",
                                 "gateway_granted:0",
                                 "gateway_granted:1x",
                                 "gateway_granted:-1",
                                 ":1",
                                 "gateway_granted:99999999999999999999"};

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char *faults = faults_of(wrong[i]);
        assert_non_null(strstr(faults, "  FAILPOINT: "));
        free(faults);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_point_that_is_named_kills),
        cmocka_unit_test(a_count_lets_it_pass_before),
        cmocka_unit_test(a_point_of_another_service_is_not_armed),
        cmocka_unit_test(a_wrong_name_or_count_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
