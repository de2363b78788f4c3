/* What completion promises. */
#include <string.h>

#include "openrouter/completion.h"
#include "openrouter_samples.h"
#include "test.h"

/* One delta with these fields. */
#define DELTA(fields) "{\"choices\":[{\"delta\":{" fields "}}]}"

static struct completion read(const char *json)
{
    struct completion c;
    assert_true(completion_read(&c, str_of(json)));
    return c;
}

static void assert_str(struct str s, const char *expected)
{
    char *text = str_dup(s);
    assert_string_equal(text, expected);
    free(text);
}

static void text_of_a_delta_and_of_a_message_is_read_alike(void **state)
{
    (void)state;
    struct completion delta = read(SAYS_TEXT("Hello!")), message = read(strchr(SAMPLE_PLAIN, '{'));

    assert_str(delta.content, "Hello!");
    assert_str(message.content, "Hello!");
    assert_str(delta.id, "gen-1773012759-4u9w7As08eMtL75bWtu8");
    assert_str(message.model, "openai/o3-mini-high");
    assert_str(message.finish, "stop");
    assert_str(message.native_finish, "completed");
    assert_int_equal(delta.finish.len, 0);
    completion_fini(&delta);
    completion_fini(&message);
}

static void content_in_any_form_is_taken_or_ignored(void **state)
{
    (void)state;
    static const struct {
        const char *json, *content;
    } rows[] = {
        {DELTA("\"content\":\"a\""), "a"},
        {DELTA("\"content\":null"), ""},
        {DELTA("\"content\":\"\""), ""},
        {DELTA("\"content\":7"), ""},
        {DELTA("\"content\":[\"a\"]"), ""},
        {DELTA("\"content\":null,\"refusal\":\"I will not.\""), "I will not."},
        {DELTA("\"content\":\"a\",\"refusal\":null"), "a"},
        {DELTA(""), ""},
        {"{}", ""},
        {"{\"choices\":null}", ""},
        {"{\"choices\":[]}", ""},
        {"{\"choices\":[null]}", ""},
        {"{\"choices\":{\"delta\":1}}", ""},
        {"{\"choices\":[{\"delta\":null,\"message\":{\"content\":\"m\"}}]}", "m"},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct completion c = read(rows[i].json);
        assert_str(c.content, rows[i].content);
        completion_fini(&c);
    }
}

static void reasoning_is_read_once_and_separately(void **state)
{
    (void)state;
    static const struct {
        const char *json, *reasoning;
    } rows[] = {
        {DELTA("\"content\":\"\",\"reasoning\":\"hm\""), "hm"},
        {DELTA("\"reasoning\":\"hm\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":"
               "\"hm\"}]"),
         "hm"},
        {DELTA("\"reasoning\":null,\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":"
               "\"h\"},{\"type\":\"reasoning.summary\",\"summary\":\"m\",\"index\":null}]"),
         "hm"},
        {DELTA("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"x\"}]"), ""},
        {DELTA("\"reasoning_details\":[]"), ""},
        {DELTA("\"reasoning_content\":\"another vendor's name\""), ""},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct completion c = read(rows[i].json);
        assert_str(c.reasoning, rows[i].reasoning);
        assert_int_equal(c.content.len, 0);
        completion_fini(&c);
    }
}

static void usage_is_read_wherever_it_appears(void **state)
{
    (void)state;
    static const char *const shapes[] = {
        "{\"choices\":[]," USAGE "}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":null}]," USAGE
        "}",
        "{" USAGE ",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
        "{" USAGE "}",
    };
    for (unsigned i = 0; i < COUNT_OF(shapes); i++) {
        struct completion c = read(shapes[i]);
        assert_true(c.usage.given);
        assert_int_equal(c.usage.prompt_tokens, 254);
        assert_int_equal(c.usage.completion_tokens, 5);
        assert_float_equal(c.usage.cost, 0.000837, 1e-9);
        completion_fini(&c);
    }
}

static void odd_usage_never_becomes_an_odd_number(void **state)
{
    (void)state;
    static const struct {
        const char *usage;
        bool        given;
        uint64_t    prompt;
        double      cost;
    } rows[] = {
        {"null", false, 0, 0},
        {"[]", false, 0, 0},
        {"{}", true, 0, 0},
        {"{\"prompt_tokens\":12.0,\"cost\":4.8e-05}", true, 12, 4.8e-05},
        {"{\"prompt_tokens\":-3,\"cost\":-1}", true, 0, 0},
        {"{\"prompt_tokens\":1e300,\"cost\":\"1\"}", true, 0, 0},
        {"{\"prompt_tokens\":null,\"cost\":null}", true, 0, 0},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct buf        json = {0};
        struct completion c;
        buf_print(&json, "{\"usage\":%s}", rows[i].usage);
        assert_true(completion_read(&c, buf_view(&json)));
        assert_int_equal(c.usage.given, rows[i].given);
        assert_int_equal(c.usage.prompt_tokens, rows[i].prompt);
        assert_float_equal(c.usage.cost, rows[i].cost, 1e-12);
        completion_fini(&c);
        buf_fini(&json);
    }
}

static void an_error_is_found_on_top_and_in_the_choice(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool        error;
    } rows[] = {
        {"{\"choices\":[],\"error\":{\"code\":429}}", true},
        {"{\"error\":\"a sentence\"}", true},
        {"{\"choices\":[{\"delta\":{\"content\":\"\"},\"error\":{\"code\":502}}]}", true},
        {"{\"choices\":[],\"error\":null}", false},
        {"{\"choices\":[],\"error\":false}", false},
        {DELTA("\"content\":\"a\""), false},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct completion c = read(rows[i].json);
        assert_int_equal(c.error != NULL, rows[i].error);
        completion_fini(&c);
    }
}

static void a_tool_call_is_noticed(void **state)
{
    (void)state;
    struct completion with = read(DELTA("\"content\":null,\"tool_calls\":[{\"index\":0}]"));
    struct completion without = read(DELTA("\"content\":null,\"tool_calls\":[]"));

    assert_true(with.tool_call);
    assert_false(without.tool_call);
    completion_fini(&with);
    completion_fini(&without);
}

static void anything_but_a_json_object_is_rejected(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",         " ",      "{",
        "{\"a\":}", "[]",     "null",
        "\"text\"", "[DONE]", ": OPENROUTER PROCESSING",
        "<html>",   "{} {}",
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct completion c;
        assert_false(completion_read(&c, str_of(rows[i])));
        completion_fini(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_a_delta_and_of_a_message_is_read_alike),
        cmocka_unit_test(content_in_any_form_is_taken_or_ignored),
        cmocka_unit_test(reasoning_is_read_once_and_separately),
        cmocka_unit_test(usage_is_read_wherever_it_appears),
        cmocka_unit_test(odd_usage_never_becomes_an_odd_number),
        cmocka_unit_test(an_error_is_found_on_top_and_in_the_choice),
        cmocka_unit_test(a_tool_call_is_noticed),
        cmocka_unit_test(anything_but_a_json_object_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
