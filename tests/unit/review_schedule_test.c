/* What review_schedule promises. */
#include <string.h>

#include "test.h"
#include "turn/review_schedule.h"

static char text[4000];

/* n letters, then what stands at the end. */
static struct str answer(size_t n, const char *end)
{
    memset(text, 'x', n);
    str_format(text + n, sizeof text - n, "%s", end);
    return str_of(text);
}

static void nothing_is_due_before_the_answer_has_grown(void **state)
{
    (void)state;
    assert_int_equal(review_schedule_due((struct str){0}, 0), 0);
    assert_int_equal(review_schedule_due(answer(REVIEW_SCHEDULE_MIN - 2, ". "), 0), 0);
    assert_int_equal(review_schedule_due(answer(300, ". "), 200), 0);
}

static void whole_sentences_are_due(void **state)
{
    (void)state;
    assert_int_equal(review_schedule_due(answer(300, ". And"), 0), 301);
    assert_int_equal(review_schedule_due(answer(300, "!\nAnd"), 0), 302);
    assert_int_equal(review_schedule_due(answer(300, "? So"), 50), 301);
    assert_int_equal(review_schedule_due(answer(300, " 3.5"), 0), 0);    /* a number goes on */
    assert_int_equal(review_schedule_due(answer(300, " and so"), 0), 0); /* so does a sentence */
    assert_int_equal(review_schedule_due(answer(300, "."), 0),
                     0); /* what follows is not known yet */
}

static void a_text_without_sentences_is_due_too(void **state)
{
    (void)state;
    assert_int_equal(review_schedule_due(answer(REVIEW_SCHEDULE_MAX, ""), 0), 0);
    assert_int_equal(review_schedule_due(answer(REVIEW_SCHEDULE_MAX + 1, ""), 0),
                     REVIEW_SCHEDULE_MAX + 1);
    assert_int_equal(review_schedule_due(answer(REVIEW_SCHEDULE_MAX + 1, ""), 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due_before_the_answer_has_grown),
        cmocka_unit_test(whole_sentences_are_due),
        cmocka_unit_test(a_text_without_sentences_is_due_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
