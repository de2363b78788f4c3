/* What router promises: one table, exact paths. */
#include <string.h>

#include "routes/handler.h"
#include "test.h"

static struct router       router;
static const struct route *found;
static struct str          word;

static enum err find(const char *method, const char *path, const char *wanted_allow)
{
    struct buf allow = {0};
    enum err   err = router_find(&router, method, path, &found, &word, &allow);

    if (wanted_allow)
        assert_string_equal(allow.p, wanted_allow);
    else
        assert_int_equal(err == ERR_OK ? 0 : allow.len, 0);
    buf_fini(&allow);
    return err;
}

static void a_path_and_its_method_lead_to_a_handler(void **state)
{
    (void)state;
    assert_int_equal(find("POST", "/chat", NULL), ERR_OK);
    assert_ptr_equal(found->serve, route_turn);
    assert_int_equal(found->needs, ROUTE_NEEDS_CHANGE);
    assert_int_equal(find("GET", "/health", NULL), ERR_OK);
    assert_int_equal(found->needs, ROUTE_NEEDS_NOTHING);
}

static void head_goes_where_get_goes(void **state)
{
    (void)state;
    assert_int_equal(find("HEAD", "/", NULL), ERR_OK);
    assert_ptr_equal(found->serve, route_page);
    assert_int_equal(find("HEAD", "/chat", "POST"), ERR_METHOD);
}

static void another_method_is_told_what_there_is(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/chat", "POST"), ERR_METHOD);
    assert_int_equal(find("DELETE", "/health", "GET, HEAD"), ERR_METHOD);
    assert_int_equal(find("get", "/health", "GET, HEAD"), ERR_METHOD);
    assert_int_equal(find("", "/health", "GET, HEAD"), ERR_METHOD);
}

static void a_star_is_one_word(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/chat/events/abc", NULL), ERR_OK);
    assert_true(str_is(word, "abc"));
    assert_int_equal(find("GET", "/chat/events/", NULL), ERR_NOT_FOUND);
    assert_int_equal(find("GET", "/chat/events/a/b", NULL), ERR_NOT_FOUND);
}

static void everything_else_is_not_there(void **state)
{
    (void)state;
    static const char *const paths[] = {"/nothing", "/chat/", "/Chat", "/health/",
                                        "//",       "",       "/..",   "/%2f"};

    for (unsigned i = 0; i < COUNT_OF(paths); i++)
        assert_int_equal(find("GET", paths[i], NULL), ERR_NOT_FOUND);
}

static void whatever_changes_something_is_guarded(void **state)
{
    (void)state;
    static const char *const paths[] = {"/chat",          "/chat/stop",     "/clear_chat",
                                        "/clear_session", "/save_settings", "/test_openrouter"};

    for (unsigned i = 0; i < COUNT_OF(paths); i++) {
        assert_int_equal(find("POST", paths[i], NULL), ERR_OK);
        assert_int_equal(found->needs, ROUTE_NEEDS_CHANGE);
    }
    static const char *const methods[] = {"POST", "PATCH", "DELETE"};
    for (unsigned i = 0; i < COUNT_OF(methods); i++) {
        assert_int_equal(find(methods[i], "/conversations/abc", NULL), ERR_OK);
        assert_int_equal(found->needs, ROUTE_NEEDS_CHANGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_and_its_method_lead_to_a_handler),
        cmocka_unit_test(head_goes_where_get_goes),
        cmocka_unit_test(another_method_is_told_what_there_is),
        cmocka_unit_test(a_star_is_one_word),
        cmocka_unit_test(everything_else_is_not_there),
        cmocka_unit_test(whatever_changes_something_is_guarded),
    };
    router = (struct router){.routes = gateway_routes, .route_count = gateway_route_count};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
