/* What look promises. */
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

static void nothing_is_shown_before_a_good_piece_is_there(void **state)
{
    (void)state;
    assert_int_equal(look_due((struct str){0}, 0), 0);
    assert_int_equal(look_due(answer(LOOK_STEP - 2, ". "), 0), 0);
    assert_int_equal(look_due(answer(300, ". "), 200), 0);
}

static void whole_sentences_are_shown(void **state)
{
    (void)state;
    assert_int_equal(look_due(answer(300, ". And"), 0), 301);
    assert_int_equal(look_due(answer(300, "!\nAnd"), 0), 302);
    assert_int_equal(look_due(answer(300, "? So"), 50), 301);
    assert_int_equal(look_due(answer(300, " 3.5"), 0), 0);    /* a number goes on */
    assert_int_equal(look_due(answer(300, " and so"), 0), 0); /* so does a sentence */
    assert_int_equal(look_due(answer(300, "."), 0), 0);       /* what follows is not known yet */
}

static void a_text_without_sentences_is_shown_too(void **state)
{
    (void)state;
    assert_int_equal(look_due(answer(LOOK_MOST, ""), 0), 0);
    assert_int_equal(look_due(answer(LOOK_MOST + 1, ""), 0), LOOK_MOST + 1);
    assert_int_equal(look_due(answer(LOOK_MOST + 1, ""), 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_shown_before_a_good_piece_is_there),
        cmocka_unit_test(whole_sentences_are_shown),
        cmocka_unit_test(a_text_without_sentences_is_shown_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
