/* What answer_cost and catalogue promise. */
#include "answer/answer_cost.h"
#include "lookup/catalogue.h"
#include "test.h"

static const struct price paid = {true, 0.000001, 0.000002, 0}, nothing = {true, 0, 0, 0},
                          unknown = {0}, by_request = {true, 0, 0, 0.005};

static void a_cost_is_checked_against_the_prices(void **state)
{
    (void)state;
    static const struct {
        struct usage        usage;
        const struct price *price;
        double              usd;
        bool                implausible;
    } rows[] = {
        {{true, 1000, 500, 0.002, false}, &paid, 0.002, false}, /* as listed */
        {{true, 1000, 500, 0.001, false}, &paid, 0.001, false}, /* cheaper, from a cache */
        {{true, 1000, 500, 0.004, false}, &paid, 0.004, false}, /* within the margin */
        {{true, 1000, 500, 0.0041, false}, &paid, 0.004, true}, /* beyond */
        {{true, 7, 20, 4711.5, false}, &paid, 0.000094, true},  /* wild */
        {{true, 1000, 500, 0, false}, &paid, 0.002, true},      /* 0 for a paid model */
        {{true, 1000, 500, 0, true}, &paid, 0, false},          /* paid elsewhere */
        {{true, 1000, 0, 0, false}, &paid, 0, false},           /* no answer, no bill */
        {{true, 1000, 500, 0, false}, &nothing, 0, false},      /* a free model */
        {{true, 1000, 500, 0.5, false}, &nothing, 0, true},     /* that is billed */
        {{true, 1000, 500, 0.005, false}, &by_request, 0.005, false},
        {{true, 1000, 500, 0.02, false}, &by_request, 0.01, true}, /* the margin counts here too */
        {{true, 1000, 500, 0, false}, &by_request, 0.005, true},   /* not free */
        {{true, 1000, 500, 0.5, false}, &unknown, 0.5, false},     /* high, but possible */
        {{true, 1000, 500, 4711, false}, &unknown, 1.5, true},     /* higher than any */
        {{true, 1000, 500, 0, false}, &unknown, 0, false},         /* perhaps it is free */
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct answer_cost c = answer_cost_check(&rows[i].usage, rows[i].price, 2);
        assert_float_equal(c.usd, rows[i].usd, 1e-12);
        assert_int_equal(c.implausible, rows[i].implausible);
        assert_false(c.unknown);
    }
}

static void without_usage_only_a_free_model_has_a_known_cost(void **state)
{
    (void)state;
    const struct usage  none = {0};
    const struct price *prices[] = {&paid, &nothing, &unknown, &by_request};

    for (unsigned i = 0; i < COUNT_OF(prices); i++) {
        struct answer_cost c = answer_cost_check(&none, prices[i], 2);
        assert_float_equal(c.usd, 0, 1e-12);
        assert_int_equal(c.unknown, prices[i] != &nothing);
        assert_int_equal(c.implausible, prices[i] == &paid || prices[i] == &by_request);
    }
}

#define LIST                                                                                       \
    "{\"data\":[{\"id\":\"a/b\",\"context_length\":1000,\"pricing\":{\"prompt\":\"0.1\","          \
    "\"completion\":\"0.2\"}},{\"id\":\"a/free:free\",\"context_length\":null,\"pricing\":"        \
    "{\"prompt\":\"0\",\"completion\":\"0\"}},{\"id\":\"openrouter/auto\",\"pricing\":"            \
    "{\"prompt\":\"-1\",\"completion\":\"-1\"}},{\"id\":\"no/price\"},{\"id\":\"a/"                \
    "request\",\"pricing\":{"                                                                      \
    "\"prompt\":\"0\",\"completion\":\"0\",\"request\":\"0.005\"}}"

static void take(struct catalogue *c, const char *body)
{
    assert_true(catalogue_load(c, str_of(body), 77));
}

static void a_model_is_looked_up(void **state)
{
    (void)state;
    struct catalogue c = {0};

    assert_int_equal(catalogue_context(&c, STR("a/b")), 0);
    assert_false(catalogue_price(&c, STR("a/b")).known);
    assert_int_equal(catalogue_free_model(&c, STR("a/b")).len, 0);
    take(&c, LIST "]}");
    assert_int_equal(c.list.at, 77);
    assert_int_equal(catalogue_context(&c, STR("a/b")), 1000);
    assert_int_equal(catalogue_context(&c, STR("a/b:nitro")), 1000); /* a variant */
    assert_int_equal(catalogue_context(&c, STR("a/b:free")), 0);     /* another model */
    assert_int_equal(catalogue_context(&c, STR("a/free:free")), 0);
    assert_int_equal(catalogue_context(&c, STR("")), 0);
    assert_float_equal(catalogue_price(&c, STR("a/b")).completion, 0.2, 1e-12);
    assert_true(catalogue_price(&c, STR("a/free:free")).known);
    assert_false(catalogue_price(&c, STR("openrouter/auto")).known); /* it varies */
    assert_false(catalogue_price(&c, STR("no/price")).known);
    assert_float_equal(catalogue_price(&c, STR("a/request")).request, 0.005, 1e-12);
    catalogue_fini(&c);
}

static void an_available_free_model_is_found(void **state)
{
    (void)state;
    struct catalogue c = {0};

    take(&c, LIST "]}");
    assert_true(str_is(catalogue_free_model(&c, STR("x")), "a/free:free"));
    assert_int_equal(catalogue_free_model(&c, STR("a/free:free")).len, 0); /* not a/request */
    take(&c, LIST ",{\"id\":\"openrouter/free\",\"pricing\":{\"prompt\":\"0\",\"completion\":"
                  "\"0\"}}]}");
    assert_true(str_is(catalogue_free_model(&c, STR("x")), "openrouter/free"));
    catalogue_fini(&c);
}

static void an_unreadable_list_leaves_the_old_one(void **state)
{
    (void)state;
    struct catalogue c = {0};

    assert_false(catalogue_load(&c, STR("<html>"), 78));
    assert_false(c.known);
    take(&c, LIST "]}");
    assert_false(catalogue_load(&c, STR("{\"error\":{}}"), 78));
    assert_int_equal(catalogue_context(&c, STR("a/b")), 1000);
    assert_int_equal(c.list.at, 77);
    catalogue_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cost_is_checked_against_the_prices),
        cmocka_unit_test(without_usage_only_a_free_model_has_a_known_cost),
        cmocka_unit_test(a_model_is_looked_up),
        cmocka_unit_test(an_available_free_model_is_found),
        cmocka_unit_test(an_unreadable_list_leaves_the_old_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
