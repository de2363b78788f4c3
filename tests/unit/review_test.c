/* What review promises. */
#include "review/review.h"
#include "test.h"

static bool is_accepted(const char *test_word, const char *answer, bool whole)
{
    return review_answer(test_word, str_of(answer), whole).is_accepted;
}

static void every_answer_is_accepted_without_a_test_word(void **state)
{
    (void)state;
    assert_true(is_accepted("", "Check the pads.", true));
    assert_true(is_accepted("", "", false));
    assert_true(is_accepted(" !", "!", true)); /* holds no word */
}

static void the_test_word_rejects_an_answer(void **state)
{
    (void)state;
    struct review_result v = review_answer("pancake", STR("Take a Pancake, then the pads."), true);

    assert_false(v.is_accepted);
    assert_string_equal(v.reason, "test_word");
}

static void only_the_whole_word_counts(void **state)
{
    (void)state;
    assert_true(is_accepted("pancake", "pancakes and pan cakes", true));
}

static void a_last_word_that_may_grow_is_left_for_later(void **state)
{
    (void)state;
    assert_true(is_accepted("pancake", "Take a pancake", false));
    assert_false(is_accepted("pancake", "Take a pancake", true));
    assert_false(is_accepted("pancake", "Take a pancake.", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_accepted_without_a_test_word),
        cmocka_unit_test(the_test_word_rejects_an_answer),
        cmocka_unit_test(only_the_whole_word_counts),
        cmocka_unit_test(a_last_word_that_may_grow_is_left_for_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
