/* What model_route promises. */
#include "answer/model_route.h"
#include "test.h"

static const struct breaker_limits limits = {.failures = 1, .window_ms = 1000, .cooldown_ms = 500};

static struct model_route fallbacks(const char *list)
{
    struct model_route r;

    assert_true(model_route_read(&r, str_of(list)));
    return r;
}

static void assert_models(const struct model_route *r, const char *want)
{
    struct buf got = {0};

    for (unsigned i = 0; i < r->count; i++)
        buf_print(&got, "%s%.*s", i ? " " : "", (int)r->models[i].len, r->models[i].p);
    assert_string_equal(got.len ? got.p : "", want);
    buf_fini(&got);
}

static void a_list_of_models_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool        good;
        const char *models;
    } rows[] = {
        {"", true, ""},
        {"none", true, ""},
        {"openrouter/free", true, "openrouter/free"},
        {" a/b , c/d:free,", true, "a/b c/d:free"},
        {"a/b,a/b,a/b,a/b,a/b", true, "a/b"},
        {"a,b,c", true, "a b c"},
        {"a,b,c,d", false, NULL},
        {"a b", false, NULL},
        {"a\xC3\xBC", false, NULL},
        {"a/b,sk-or-v1-0ddba115", false, NULL},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct model_route r;
        assert_int_equal(model_route_read(&r, str_of(rows[i].list)), rows[i].good);
        if (rows[i].good)
            assert_models(&r, rows[i].models);
    }
}

static void the_users_model_comes_first_and_none_comes_twice(void **state)
{
    (void)state;
    static const struct {
        const char *own, *others, *models;
    } rows[] = {
        {"x/y", "", "x/y"},
        {"x/y", "openrouter/free", "x/y openrouter/free"},
        {"openrouter/free", "openrouter/free", "openrouter/free"},
        {"c", "a,c,b", "c a b"},
    };
    struct breaker b;

    breaker_init(&b, &limits);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct model_route others = fallbacks(rows[i].others), r;
        model_route_choose(&r, str_of(rows[i].own), &others, &b, 0);
        assert_models(&r, rows[i].models);
        assert_int_equal(r.wait_ms, 0);
    }
    breaker_fini(&b);
}

static void a_model_in_cooldown_is_asked_last(void **state)
{
    (void)state;
    struct breaker     b;
    struct model_route others = fallbacks("a,b"), none = {0}, r;

    breaker_init(&b, &limits);
    breaker_failed(&b, STR("own"), ERR_UPSTREAM_ERROR, 100);
    model_route_choose(&r, STR("own"), &others, &b, 200);
    assert_models(&r, "a b own");
    assert_int_equal(r.wait_ms, 0);
    model_route_choose(&r, STR("own"), &none, &b, 200);
    assert_int_equal(r.wait_ms, 400);
    breaker_failed(&b, STR("a"), ERR_UPSTREAM_ERROR, 150);
    breaker_failed(&b, STR("b"), ERR_UPSTREAM_ERROR, 160);
    model_route_choose(&r, STR("own"), &others, &b, 200);
    assert_int_equal(r.wait_ms, 400); /* until the first of them may be tried */
    model_route_choose(&r, STR("own"), &others, &b, 600);
    assert_models(&r, "own a b");
    breaker_fini(&b);
}

static void the_name_tells_which_model_answered(void **state)
{
    (void)state;
    static const struct {
        const char *own, *others, *answered;
        bool        first;
    } rows[] = {
        {"a/b", "", "whatever", true},
        {"a/b", "c/d", "a/b", true},
        {"a/b", "c/d", "c/d", false},
        {"a/b", "a/c", "a/c", false},
        {"anthropic/claude-sonnet-4.6", "c/d", "anthropic/claude-4.6-sonnet-20260217", true},
        {"~anthropic/claude-latest", "c/d", "anthropic/claude-4.6-sonnet-20260217", true},
        {"a/b", "openrouter/free", "meta-llama/llama-3.3-70b-instruct:free", false},
        {"openrouter/auto", "c/d", "openai/gpt", true},
        {"openrouter/auto", "c/d", "c/d", false},
        {"a/b", "c/d", "", false},
    };
    struct breaker b;

    breaker_init(&b, &limits);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct model_route others = fallbacks(rows[i].others), r;
        model_route_choose(&r, str_of(rows[i].own), &others, &b, 0);
        assert_int_equal(model_route_is_first(&r, str_of(rows[i].answered)), rows[i].first);
    }
    breaker_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_models_is_read),
        cmocka_unit_test(the_users_model_comes_first_and_none_comes_twice),
        cmocka_unit_test(a_model_in_cooldown_is_asked_last),
        cmocka_unit_test(the_name_tells_which_model_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
