/* What token_estimate promises, and context_fit where tokens are the limit. */
#include <stdlib.h>

#include "answer/context_fit.h"
#include "answer/token_estimate.h"
#include "test.h"

#define M STR("a/b")

static void a_model_starts_at_one_token_per_four_bytes(void **state)
{
    (void)state;
    struct token_estimate t;

    token_estimate_init(&t);
    assert_float_equal(token_estimate_per_byte(&t, M), 0.25, 1e-9);
    token_estimate_fini(&t);
}

static void reported_usage_is_learned_slowly(void **state)
{
    (void)state;
    struct token_estimate t;

    token_estimate_init(&t);
    token_estimate_learn(&t, M, 1000, 2,
                         508); /* half a token a byte, and the framing of two messages */
    assert_float_equal(token_estimate_per_byte(&t, M), 0.25 + 0.25 / 8, 1e-9);
    for (unsigned i = 0; i < 100; i++)
        token_estimate_learn(&t, M, 1000, 2, 508);
    assert_float_equal(token_estimate_per_byte(&t, M), 0.5, 0.001);
    assert_float_equal(token_estimate_per_byte(&t, STR("c/d")), 0.25,
                       1e-9); /* models are separate */
    token_estimate_fini(&t);
}

static void it_is_bounded_both_ways(void **state)
{
    (void)state;
    struct token_estimate t;

    token_estimate_init(&t);
    for (unsigned i = 0; i < 200; i++) {
        token_estimate_learn(&t, M, 1000, 1, 1000000000);
        token_estimate_learn(&t, STR("c/d"), 100000, 1, 1);
    }
    assert_float_equal(token_estimate_per_byte(&t, M), 1, 0.001);
    assert_float_equal(token_estimate_per_byte(&t, STR("c/d")), 0.125, 0.001);
    token_estimate_fini(&t);
}

static void samples_that_are_too_small_are_ignored(void **state)
{
    (void)state;
    struct token_estimate t;

    token_estimate_init(&t);
    token_estimate_learn(&t, M, 199, 1, 500);
    token_estimate_learn(&t, M, 1000, 1, 0); /* not counted */
    token_estimate_learn(&t, STR(""), 1000, 1, 500);
    assert_float_equal(token_estimate_per_byte(&t, M), 0.25, 1e-9);
    token_estimate_fini(&t);
}

/* Four exchanges and a question, each message with 40 bytes, which are 14 tokens at a quarter per
 * byte; so is the system prompt. */
static void whole_exchanges_fit_the_tokens_newest_first(void **state)
{
    (void)state;
    static const struct {
        uint64_t tokens;
        bool     fits;
        unsigned first;
    } rows[] = {
        {0, false, 8},  {27, false, 8}, {28, true, 8},  {55, true, 8},
        {56, true, 6},  {83, true, 6},  {84, true, 4},  {112, true, 2},
        {139, true, 2}, {140, true, 0}, {500, true, 0},
    };
    struct llm_answer_request *request = mem_new(sizeof *request);

    for (unsigned i = 0; i < 9; i++)
        request->context[request->context_count++] =
            (struct context_message){i % 2 == 0, STR("0123456789012345678901234567890123456789")};
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        const struct context_limits limits = {.messages = 20,
                                              .bytes = 65536,
                                              .tokens = rows[i].tokens,
                                              .system_bytes = 40,
                                              .tokens_per_byte = 0.25};
        unsigned                    first;
        assert_int_equal(context_fit(request, &limits, &first), rows[i].fits);
        assert_int_equal(first, rows[i].first);
    }
    free(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_starts_at_one_token_per_four_bytes),
        cmocka_unit_test(reported_usage_is_learned_slowly),
        cmocka_unit_test(it_is_bounded_both_ways),
        cmocka_unit_test(samples_that_are_too_small_are_ignored),
        cmocka_unit_test(whole_exchanges_fit_the_tokens_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
