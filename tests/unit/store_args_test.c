/* What args promises: values are encoded in order, and one that was left out ends the process. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redis/scripts.h"
#include "sql/statements.h"
#include "test.h"

static const struct uuid session = {"11111111-2222-4333-8444-555555555555"};

static void values_are_encoded_in_their_order(void **state)
{
    (void)state;
    struct args                    args;
    const struct sql_budget_settle p = {.is_spent = param_u64(1),
                                        .epoch = param_u64(UINT64_MAX),
                                        .turn = param_uuid(&(struct uuid){{0}}),
                                        .session = param_uuid(&session)};
    const struct sql_call          call = sql_budget_settle(&args, &p);

    assert_int_equal(call.statement, SQL_BUDGET_SETTLE);
    assert_ptr_equal(call.args, &args);
    assert_int_equal(args.count, 4);
    assert_true(str_is(args.value[0], session.text));
    assert_int_equal(args.kind[1], ARG_NULL); /* an empty id */
    assert_true(str_is(args.value[2], "18446744073709551615"));
    assert_true(str_is(args.value[3], "1"));
}

static void keys_come_first(void **state)
{
    (void)state;
    struct args                 args;
    const struct lua_limit_take p = {.per_minute = param_u64(20), .limit = {"a key"}};
    const struct lua_call       call = lua_limit_take(&args, &p);

    assert_int_equal(call.script, LUA_LIMIT_TAKE);
    assert_int_equal(args.keys, 1);
    assert_int_equal(args.count, 2);
    assert_true(str_is(args.value[0], "a key") && str_is(args.value[1], "20"));
}

/* In a process of its own, since it aborts. */
static bool aborts(void (*encode)(struct args *a))
{
    int   status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct args args = {0};
        (void)!freopen("/dev/null", "w", stderr);
        encode(&args);
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGABRT;
}

static void leave_out_uuid(struct args *a)
{
    sql_session_close(a, &(struct sql_session_close){{0}});
}

static void leave_out_text(struct args *a)
{
    sql_account_lock(a, &(struct sql_account_lock){{0}});
}

static void leave_out_number(struct args *a)
{
    sql_expire_audit(a, &(struct sql_expire_audit){{0}});
}

static void leave_out_one_of_many(struct args *a)
{
    sql_turn_feedback(
        a, &(struct sql_turn_feedback){.session = param_uuid(&session), .feedback = param_u64(1)});
}

static void leave_out_key(struct args *a)
{
    lua_limit_take(a, &(struct lua_limit_take){.per_minute = param_u64(1)});
}

static void leave_out_bytes(struct args *a)
{
    args_add_bytes(a, (struct param_bytes){0});
}

static void leave_out_real(struct args *a)
{
    args_add_f64(a, (struct param_f64){0});
}

static void leave_out_flag(struct args *a)
{
    args_add_flag(a, (struct param_flag){0});
}

static void leave_out_nothing(struct args *a)
{
    sql_session_close(a, &(struct sql_session_close){.session = param_uuid(&session)});
}

static void what_was_left_out_is_never_sent(void **state)
{
    (void)state;
    assert_true(aborts(leave_out_uuid));
    assert_true(aborts(leave_out_text));
    assert_true(aborts(leave_out_number));
    assert_true(aborts(leave_out_one_of_many));
    assert_true(aborts(leave_out_key));
    assert_true(aborts(leave_out_bytes));
    assert_true(aborts(leave_out_real));
    assert_true(aborts(leave_out_flag));
    assert_false(aborts(leave_out_nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_encoded_in_their_order),
        cmocka_unit_test(keys_come_first),
        cmocka_unit_test(what_was_left_out_is_never_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
