/* What words promises. */
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "topic/words.h"

/* The words of a text, separated by bars. */
static char *joined(const char *text)
{
    struct words w;
    struct buf   out = {0};

    words_read(&w, str_of(text));
    for (unsigned i = 0; i < w.count; i++) {
        if (i)
            buf_str(&out, STR("|"));
        buf_str(&out, w.word[i]);
    }
    words_fini(&w);
    return buf_take(&out);
}

static void assert_words(const char *text, const char *expected)
{
    char *words = joined(text);

    assert_string_equal(words, expected);
    free(words);
}

static void case_and_punctuation_do_not_matter(void **state)
{
    (void)state;
    assert_words("My BRAKES squeal!", "my|brakes|squeal");
    assert_words("check-engine/light: on?", "check|engine|light|on");
    assert_words("5W-30, 205/55R16", "5w|30|205|55r16");
    assert_words("  ...  ", "");
    assert_words("", "");
}

static void umlauts_are_found_however_they_are_typed(void **state)
{
    (void)state;
    assert_words("Ölwechsel oelwechsel ÖLWECHSEL", "oelwechsel|oelwechsel|oelwechsel");
    assert_words("O\u0308lwechsel", "oelwechsel"); /* letter and diaeresis apart */
    assert_words("Stoßdämpfer Stossdaempfer", "stossdaempfer|stossdaempfer");
    assert_words("Citroën Škoda coupé", "citroen|skoda|coupe");
}

static void apostrophes_and_invisible_characters_are_left_out(void **state)
{
    (void)state;
    assert_words("won't won’t", "wont|wont");
    assert_words("bra\u200Bke so\u00ADft \uFEFFcar", "brake|soft|car");
}

static void an_emoji_is_a_word(void **state)
{
    (void)state;
    assert_words("my🚗🚗won't", "my|🚗|🚗|wont");
}

static void other_scripts_are_kept(void **state)
{
    (void)state;
    assert_words("машина – 車", "машина|車");
}

static void broken_utf8_parts_words(void **state)
{
    (void)state;
    assert_words("bra\xFFke", "bra|ke");
    assert_words("brake\xC3", "brake");
    assert_words("a\xE2\x82", "a");
    assert_words("\xC0\xAF", "");
}

static void a_long_word_is_cut_and_a_long_text_is_not(void **state)
{
    (void)state;
    struct words w;
    struct buf   text = {0};

    for (int i = 0; i < 1000; i++)
        buf_str(&text, STR("x"));
    for (int i = 0; i < 1000; i++)
        buf_str(&text, STR(" y"));
    words_read(&w, buf_view(&text));
    assert_int_equal(w.count, 1001);
    assert_int_equal(w.word[0].len, WORD_MAX);
    words_fini(&w);
    buf_fini(&text);
}

static void the_end_is_open_inside_a_word(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool        open;
    } cases[] = {{"the brake", true}, {"the brake ", false}, {"the brake.", false}, {"", false}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct words w;
        words_read(&w, str_of(cases[i].text));
        assert_int_equal(w.open_end, cases[i].open);
        words_fini(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_and_punctuation_do_not_matter),
        cmocka_unit_test(umlauts_are_found_however_they_are_typed),
        cmocka_unit_test(apostrophes_and_invisible_characters_are_left_out),
        cmocka_unit_test(an_emoji_is_a_word),
        cmocka_unit_test(other_scripts_are_kept),
        cmocka_unit_test(broken_utf8_parts_words),
        cmocka_unit_test(a_long_word_is_cut_and_a_long_text_is_not),
        cmocka_unit_test(the_end_is_open_inside_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
