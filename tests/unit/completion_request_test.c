/* What completion_request, context_fit and resources promise. */
#include <stdlib.h>
#include <string.h>

#include "answer/context_fit.h"
#include "openrouter/completion_request.h"
#include "openrouter/resources.h"
#include "test.h"

static const struct str                one_model = {"a/b", 3};
static const struct completion_options options = {
    .system_prompt = "You know cars.",
    .models = &one_model,
    .model_count = 1,
    .max_tokens = 1000,
    .temperature = 0.7,
    .top_p = 1,
};

/* A conversation with one letter per message: u and U are the user's, a and A answers; capitals are
 * 100 bytes long. */
static struct llm_answer_request *conversation(const char *letters)
{
    static const char          text[101] = "01234567890123456789012345678901234567890123456789"
                                           "01234567890123456789012345678901234567890123456789";
    struct llm_answer_request *request = mem_new(sizeof *request);

    for (; *letters; letters++)
        request->context[request->context_count++] = (struct context_message){
            strchr("uU", *letters) != NULL,
            {text, strchr("UA", *letters) ? 100 : 1},
        };
    return request;
}

static void the_request_has_the_models_and_messages(void **state)
{
    (void)state;
    struct llm_answer_request *request = mem_new(sizeof *request);
    struct buf                 out = {0};

    request->context[request->context_count++] = (struct context_message){1, STR("dropped")};
    request->context[request->context_count++] =
        (struct context_message){0, STR("Say \"oil\"\n\xC3\xBC")};
    request->context[request->context_count++] = (struct context_message){1, STR("oil")};
    request->user = STR("f00d");
    completion_request_write(&options, request, 1, &out);
    assert_string_equal(
        out.p, "{\"model\":\"a/b\",\"messages\":["
               "{\"role\":\"system\",\"content\":\"You know cars.\"},"
               "{\"role\":\"assistant\",\"content\":\"Say \\\"oil\\\"\\n\xC3\xBC\"},"
               "{\"role\":\"user\",\"content\":\"oil\"}],"
               "\"max_tokens\":1000,\"temperature\":0.7,\"stream\":true,\"user\":\"f00d\"}");
    buf_fini(&out);
    free(request);
}

static void the_other_models_follow_in_their_order(void **state)
{
    (void)state;
    const struct str           models[] = {STR("a/b"), STR("c/d"), STR("openrouter/free")};
    struct completion_options  with_others = options;
    struct llm_answer_request *request = conversation("u");
    struct buf                 out = {0};

    with_others.models = models;
    with_others.model_count = COUNT_OF(models);
    with_others.top_p = 0.5;
    completion_request_write(&with_others, request, 0, &out);
    assert_non_null(
        strstr(out.p, "{\"model\":\"a/b\",\"models\":[\"c/d\",\"openrouter/free\"],\"messages\""));
    assert_non_null(strstr(out.p, "\"temperature\":0.7,\"top_p\":0.5,"));
    assert_null(strstr(out.p, "\"user\":\""));
    buf_fini(&out);
    free(request);
}

static void the_context_has_whole_exchanges(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        uint64_t    messages, bytes;
        unsigned    first;
    } rows[] = {
        {"u", 20, 1000, 0},    {"uau", 20, 1000, 0},  {"uauau", 5, 1000, 0},
        {"uauau", 4, 1000, 2}, /* never half an exchange */
        {"uauau", 3, 1000, 2}, {"uauau", 2, 1000, 4}, {"uauau", 1, 1000, 4},
        {"uauau", 0, 1000, 4}, /* the question always */
        {"auau", 20, 1000, 1}, {"uuau", 20, 1000, 0}, {"UAUAu", 20, 401, 0},
        {"UAUAu", 20, 400, 2}, {"UAUAu", 20, 200, 4}, {"UAUAU", 20, 1, 4},
        {"UAuau", 20, 202, 2}, {"uaUAu", 20, 100, 4}, {"uauauauauauauauauauauau", 20, 1000, 4},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct llm_answer_request  *request = conversation(rows[i].letters);
        const struct context_limits limits = {
            .messages = rows[i].messages, .bytes = rows[i].bytes, .tokens = 1000000};
        unsigned first;
        assert_true(context_fit(request, &limits, &first));
        assert_int_equal(first, rows[i].first);
        free(request);
    }
}

static void a_key_is_described(void **state)
{
    (void)state;
    struct key_test_reply reply;
    static const char     body[] =
        "{\"data\":{\"label\":\"sk-or-v1-au7...890\",\"limit\":100,\"limit_remaining\":74.5,"
        "\"usage\":25.5,\"is_free_tier\":true,\"free_model_daily_requests\":"
        "{\"limit\":50,\"remaining\":38,\"used\":12}}}";
    json_t *json = resources_read_key(STR(body), &reply);

    assert_non_null(json);
    assert_true(str_is(reply.label, "sk-or-v1-au7...890"));
    assert_int_equal(reply.has_limit, 1);
    assert_float_equal(reply.limit, 100, 1e-9);
    assert_float_equal(reply.limit_remaining, 74.5, 1e-9);
    assert_int_equal(reply.is_free_tier, 1);
    assert_int_equal(reply.has_free_requests, 1);
    assert_int_equal(reply.free_requests_left, 38);
    json_decref(json);
}

static void a_key_without_limits_is_described_too(void **state)
{
    (void)state;
    struct key_test_reply reply;
    json_t               *json =
        resources_read_key(STR("{\"data\":{\"limit\":null,\"limit_remaining\":null}}"), &reply);

    assert_non_null(json);
    assert_int_equal(reply.label.len, 0);
    assert_int_equal(reply.has_limit + reply.has_free_requests + reply.is_free_tier, 0);
    json_decref(json);
    assert_null(resources_read_key(STR("{\"data\":[]}"), &reply));
    assert_null(resources_read_key(STR("<html>"), &reply));
    assert_null(resources_read_key(STR(""), &reply));
}

static void models_are_listed_with_their_prices(void **state)
{
    (void)state;
    struct models_list_reply *reply = mem_new(sizeof *reply);
    static const char         body[] =
        "{\"data\":[{\"id\":\"a/b:free\",\"name\":\"B\",\"context_length\":131072,"
        "\"pricing\":{\"prompt\":\"0\",\"completion\":\"0\"}},{\"name\":\"has no id\"},null,"
        "{\"id\":\"c/d\",\"context_length\":null,\"pricing\":{\"prompt\":\"0.0000002\","
        "\"completion\":\"0.00000077\",\"request\":\"0.005\"}},"
        "{\"id\":\"openrouter/auto\",\"pricing\":"
        "{\"prompt\":\"-1\",\"completion\":\"-1\"}}],\"total_count\":3}";
    json_t *json = resources_read_models(STR(body), reply);

    assert_non_null(json);
    assert_int_equal(reply->models_count, 3);
    assert_true(str_is(reply->models[0].id, "a/b:free"));
    assert_true(str_is(reply->models[0].name, "B"));
    assert_int_equal(reply->models[0].context, 131072);
    assert_float_equal(reply->models[0].prompt_price, 0, 1e-15);
    assert_true(str_is(reply->models[1].id, "c/d"));
    assert_int_equal(reply->models[1].context, 0);
    assert_float_equal(reply->models[1].completion_price, 0.00000077, 1e-15);
    assert_float_equal(reply->models[1].request_price, 0.005, 1e-15);
    assert_float_equal(reply->models[0].request_price, 0, 1e-15); /* not told: there is none */
    assert_true(reply->models[2].prompt_price < 0);
    json_decref(json);
    assert_null(resources_read_models(STR("{\"data\":{}}"), reply));
    free(reply);
}

static void a_list_of_models_is_bounded(void **state)
{
    (void)state;
    struct models_list_reply *reply = mem_new(sizeof *reply);
    struct buf                body = {0};

    buf_str(&body, STR("{\"data\":["));
    for (unsigned i = 0; i < 1500; i++)
        buf_print(&body, "%s{\"id\":\"m/%0200u\"},{\"id\":\"m/%u\"}", i ? "," : "", i, i);
    buf_str(&body, STR("]}"));
    json_t *json = resources_read_models(buf_view(&body), reply);
    assert_non_null(json);
    assert_int_equal(reply->models_count, COUNT_OF(reply->models));
    assert_true(str_is(reply->models[1].id, "m/1")); /* an id too long to be sent is left out */
    json_decref(json);
    buf_fini(&body);
    free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_has_the_models_and_messages),
        cmocka_unit_test(the_other_models_follow_in_their_order),
        cmocka_unit_test(the_context_has_whole_exchanges),
        cmocka_unit_test(a_key_is_described),
        cmocka_unit_test(a_key_without_limits_is_described_too),
        cmocka_unit_test(models_are_listed_with_their_prices),
        cmocka_unit_test(a_list_of_models_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
