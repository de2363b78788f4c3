/* What utf8_stream promises. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "openrouter/utf8_stream.h"
#include "test.h"

#define REPLACED "\xEF\xBF\xBD"
#define CAR      "\xF0\x9F\x9A\x97" /* U+1F697 */

/* The strings, each as the JSON text "..." of one event, through
 * repair, a strict parser and joining. */
static char *said(const char *const *json, unsigned count)
{
    struct utf8_stream t = {0};
    struct buf         out = {0};

    for (unsigned i = 0; i < count; i++) {
        struct buf copy = {0}, quoted = {0};
        buf_print(&quoted, "[\"%s\"]", json[i]);
        struct str repaired = utf8_stream_repair(buf_view(&quoted), &copy);
        json_t    *j = json_loadb(repaired.p, repaired.len, JSON_ALLOW_NUL, NULL);
        assert_non_null(j);
        const json_t *s = json_array_get(j, 0);
        utf8_stream_add(&t, (struct str){json_string_value(s), json_string_length(s)}, &out);
        json_decref(j);
        buf_fini(&copy);
        buf_fini(&quoted);
    }
    utf8_stream_end(&t, &out);
    assert_true(str_is_utf8(buf_view(&out)));
    return buf_take(&out);
}

struct row {
    const char *parts[4];
    const char *whole;
};

static void assert_rows(const struct row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned parts = 0;
        while (parts < 4 && rows[i].parts[parts])
            parts++;
        char *whole = said(rows[i].parts, parts);
        assert_string_equal(whole, rows[i].whole);
        free(whole);
    }
}

static void sound_text_stays_as_it_is(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{"a", "b"}, "ab"},
        {{"\xC3\xBC", CAR}, "\xC3\xBC" CAR},
        {{"\\u00fc\\n\\\\ud83d"}, "\xC3\xBC\n\\ud83d"},
        {{"\\ud83d\\ude97 \\uD83D\\uDE97"}, CAR " " CAR},
        {{""}, ""},
    };
    struct buf copy = {0};
    struct str sound = STR("{\"a\":\"\\u00fc \xC3\xBC\"}");

    assert_rows(rows, COUNT_OF(rows));
    assert_ptr_equal(utf8_stream_repair(sound, &copy).p, sound.p);
}

static void a_cut_character_is_joined(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{"x\xF0", "\x9F", "\x9A", "\x97y"}, "x" CAR "y"},
        {{"\xF0\x9F\x9A", "\x97"}, CAR},
        {{"\xC3", "", "\xBC"}, "\xC3\xBC"},
        {{"\xE2\x82", "\xAC"}, "\xE2\x82\xAC"},
        {{"x\\ud83d", "\\ude97y"}, "x" CAR "y"},
        {{"x\\uD83D", "", "\\uDE97"}, "x" CAR},
    };
    assert_rows(rows, COUNT_OF(rows));
}

static void what_stays_broken_is_replaced(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{"a\xFF"
          "b"},
         "a" REPLACED "b"},
        {{"a\xC3"}, "a" REPLACED},
        {{"\xC3", "a"}, REPLACED "a"},
        {{"\x97"}, REPLACED},
        {{"\xC0\x80"}, REPLACED REPLACED},
        {{"x\\ud83d"}, "x" REPLACED},
        {{"x\\ud83d", "y"}, "x" REPLACED "y"},
        {{"\\ude97y"}, REPLACED "y"},
        {{"\\ude97\\ud83d"}, REPLACED REPLACED},
        {{"\\ud83d\\ud83d\\ude97"}, REPLACED CAR},
        {{"\\ud83d\\u0041"}, REPLACED "A"},
        {{"\xED\xA0\xBD"}, REPLACED},
    };
    assert_rows(rows, COUNT_OF(rows));
}

static void nul_is_left_out(void **state)
{
    (void)state;
    static const struct row rows[] = {{{"a\\u0000b", "\\u0000"}, "ab"}};
    assert_rows(rows, COUNT_OF(rows));
}

/* Every cut in two of a text with characters of all lengths. */
static void any_cut_gives_the_same_text(void **state)
{
    (void)state;
    static const char whole[] = "a\xC3\xBC\xE2\x82\xAC" CAR "b" CAR CAR;

    for (size_t cut = 0; cut < sizeof whole; cut++) {
        char *front = str_dup((struct str){whole, cut});
        char *joined = said((const char *const[]){front, whole + cut}, 2);
        assert_string_equal(joined, whole);
        free(front);
        free(joined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_text_stays_as_it_is),
        cmocka_unit_test(a_cut_character_is_joined),
        cmocka_unit_test(what_stays_broken_is_replaced),
        cmocka_unit_test(nul_is_left_out),
        cmocka_unit_test(any_cut_gives_the_same_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
