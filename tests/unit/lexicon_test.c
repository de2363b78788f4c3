/* What lexicon promises. */
#include "test.h"
#include "topic/lexicon.h"

static int open_lexicon(void **state)
{
    *state = lexicon_new(); /* also aborts if two entries contradict each other */
    return 0;
}

static int close_lexicon(void **state)
{
    struct lexicon *lex = *state;

    lexicon_free(&lex);
    return 0;
}

/* The sign at the beginning of the text. */
static void assert_sign(void **state, const char *text, enum sign sign, unsigned length)
{
    struct words w;
    unsigned     found;

    words_read(&w, str_of(text));
    assert_int_equal(lexicon_read(*state, &w, 0, &found), sign);
    assert_int_equal(found, length);
    words_fini(&w);
}

static void each_kind_of_sign_is_found(void **state)
{
    assert_sign(state, "brake", SIGN_ON, 1);
    assert_sign(state, "oil", SIGN_WEAK, 1);
    assert_sign(state, "leaks", SIGN_HINT, 1);
    assert_sign(state, "recipe", SIGN_OFF, 1);
    assert_sign(state, "hello", SIGN_TALK, 1);
    assert_sign(state, "the", SIGN_FILL, 1);
    assert_sign(state, "zyzzyva", SIGN_NONE, 1);
}

static void the_longest_entry_wins(void **state)
{
    assert_sign(state, "olive oil", SIGN_OFF, 2);
    assert_sign(state, "olive tree", SIGN_NONE, 1);
    assert_sign(state, "check engine light on", SIGN_ON, 3);
}

static void only_whole_words_count(void **state)
{
    assert_sign(state, "carpet", SIGN_NONE, 1);
    assert_sign(state, "scar", SIGN_NONE, 1);
    assert_sign(state, "engineering", SIGN_NONE, 1);
}

static void a_plural_is_found_by_its_singular(void **state)
{
    assert_sign(state, "engines", SIGN_ON, 1);
    assert_sign(state, "search engines", SIGN_OFF, 2);
}

static void german_compounds_are_found_by_their_parts(void **state)
{
    assert_sign(state, "Bremsbeläge", SIGN_ON, 1);
    assert_sign(state, "Ganzjahresreifen", SIGN_ON, 1);
    assert_sign(state, "Olivenöl", SIGN_OFF, 1);
}

static void wildcards_stand_for_one_word_or_a_number(void **state)
{
    assert_sign(state, "change my oil", SIGN_ON, 3);
    assert_sign(state, "golf 7", SIGN_ON, 2);
    assert_sign(state, "3 series", SIGN_ON, 2);
    assert_sign(state, "golf club", SIGN_OFF, 2);
}

static void a_phrase_may_be_cut_by_the_end(void **state)
{
    assert_sign(state, "olive", SIGN_NONE, 1);
    assert_sign(state, "change my", SIGN_HINT, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_sign_is_found),
        cmocka_unit_test(the_longest_entry_wins),
        cmocka_unit_test(only_whole_words_count),
        cmocka_unit_test(a_plural_is_found_by_its_singular),
        cmocka_unit_test(german_compounds_are_found_by_their_parts),
        cmocka_unit_test(wildcards_stand_for_one_word_or_a_number),
        cmocka_unit_test(a_phrase_may_be_cut_by_the_end),
    };
    return cmocka_run_group_tests(tests, open_lexicon, close_lexicon);
}
