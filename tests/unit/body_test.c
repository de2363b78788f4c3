/* What body promises: JSON without surprises. */
#include <stdlib.h>
#include <string.h>

#include "http/body.h"
#include "test.h"

/* Parses a copy in a block of exactly its size. */
static json_t *parse(const char *bytes, size_t len, struct buf *why)
{
    char   *block = malloc(len ? len : 1);
    json_t *body;

    memcpy(block, bytes, len);
    body = body_parse((struct str){block, len}, why);
    free(block);
    return body;
}

static void an_object_is_taken(void **state)
{
    (void)state;
    struct buf why = {0};
    struct str text;
    json_t    *body = parse("{\"message\":\"Gr\xC3\xBC\\u00df\\n\"}", 26, &why);

    assert_non_null(body);
    assert_true(body_text(body, "message", 100, &text, &why));
    assert_true(str_is(text, "Gr\xC3\xBC\xC3\x9F\n"));
    json_decref(body);
    body = parse("", 0, &why); /* nothing at all is an empty object */
    assert_non_null(body);
    json_decref(body);
}

static void what_is_not_one_object_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{",
        "[]",
        "\"text\"",
        "null",
        "{\"a\":1}x",
        "{\"a\":1}{\"a\":1}",
        "{\"a\":1,\"a\":2}",            /* a key twice */
        "{\"a\":\"\\u0000\"}",          /* a text that ends early in C and Postgres */
        "{\"a\":\"\\ud800\"}",          /* half a surrogate pair */
        "{\"a\":\"\xC3\"}",             /* a cut character */
        "{\"a\":\"\xC0\x80\"}",         /* an overlong one */
        "{\"a\":\"\xED\xA0\x80\"}",     /* a surrogate in UTF-8 */
        "{\"a\":\"\xF4\x90\x80\x80\"}", /* beyond Unicode */
        "\xEF\xBB\xBF{}",               /* a byte order mark */
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":\"\n\"}",
        " ",
    };

    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        struct buf why = {0};
        if (parse(bad[i], strlen(bad[i]), &why))
            fail_msg("taken: %s", bad[i]);
        assert_true(why.len > 0);
        buf_fini(&why);
    }
    struct buf why = {0};
    assert_null(parse("{\"a\":1}\0", 8, &why));
    assert_null(parse("{\"\\u0000\":1}", 12, &why));
    buf_fini(&why);
}

static void a_deep_nest_is_refused_not_followed(void **state)
{
    (void)state;
    static char deep[32768];
    struct buf  why = {0};

    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    assert_null(parse(deep, sizeof deep, &why));
    buf_fini(&why);
}

static void a_refusal_never_repeats_the_input(void **state)
{
    (void)state;
    struct buf why = {0};

    assert_null(parse("{\"api_key\": sk-or-v1-secret}", 28, &why));
    assert_null(strstr(why.p, "secret"));
    buf_fini(&why);
}

static void fields_have_a_type_and_a_limit(void **state)
{
    (void)state;
    struct buf  why = {0};
    struct str  text;
    struct uuid id;
    bool        flag;
    json_int_t  number;
    json_t *body = json_pack("{s:s,s:i,s:b,s:n,s:i}", "t", "12345", "n", 7, "b", 1, "z", "m", -1);

    assert_true(body_text(body, "t", 5, &text, &why));
    assert_false(body_text(body, "t", 4, &text, &why));
    assert_false(body_text(body, "n", 9, &text, &why));
    assert_true(body_text(body, "z", 9, &text, &why) && text.len == 0);
    assert_true(body_text(body, "missing", 9, &text, &why) && text.len == 0);
    assert_false(body_uuid(body, "t", &id, &why));
    assert_true(body_uuid(body, "missing", &id, &why) && !id.text[0]);
    assert_true(body_flag(body, "b", false, &flag, &why) && flag);
    assert_true(body_flag(body, "missing", true, &flag, &why) && flag);
    assert_false(body_flag(body, "n", false, &flag, &why));
    assert_true(body_number(body, "n", 0, 7, &number, &why) && number == 7);
    assert_false(body_number(body, "n", 0, 6, &number, &why));
    assert_true(body_number(body, "missing", 0, 7, &number, &why) && number == 0);
    assert_true(body_number(body, "m", -1, 7, &number, &why) && number == -1);
    assert_false(body_number(body, "m", 0, 7, &number, &why));
    assert_false(body_number(body, "t", 0, 7, &number, &why));
    json_decref(body);
    buf_fini(&why);
}

static void model_names_are_plain(void **state)
{
    (void)state;
    assert_true(body_is_model(STR("deepseek/deepseek-chat-v3-0324:free")));
    assert_false(body_is_model(STR("")));
    assert_false(body_is_model(STR("sk-or-v1-0ddba115"))); /* a key in the wrong field */
    assert_false(body_is_model(STR("\0a")));
    assert_false(body_is_model(STR("a b")));
    assert_false(body_is_model(STR("a\n")));
    assert_false(body_is_model(STR("<script>")));
    assert_false(body_is_model(STR("m\xC3\xB6"
                                   "del")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_taken),
        cmocka_unit_test(what_is_not_one_object_is_refused),
        cmocka_unit_test(a_deep_nest_is_refused_not_followed),
        cmocka_unit_test(a_refusal_never_repeats_the_input),
        cmocka_unit_test(fields_have_a_type_and_a_limit),
        cmocka_unit_test(model_names_are_plain),
    };
    body_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
