/* What upstream_failure promises. */
#include <string.h>

#include "openrouter/upstream_failure.h"
#include "openrouter_samples.h"
#include "test.h"

#define WALL 1754667640000 /* twenty seconds before the reset of SAMPLE_429 */

static struct upstream_failure of_reply(unsigned status, const char *body)
{
    struct upstream_head head = {.status = status};
    return upstream_failure_of_reply(&head, str_of(body), WALL);
}

/* status, body -> the failure */
struct row {
    unsigned    status;
    const char *body;
    enum err    err;
    bool        retryable;
    const char *detail;
};

static void assert_rows(const struct row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct upstream_failure f = of_reply(rows[i].status, rows[i].body);
        assert_string_equal(err_code(f.err), err_code(rows[i].err));
        assert_int_equal(f.retryable, rows[i].retryable);
        assert_string_equal(f.detail, rows[i].detail);
    }
}

#define ERROR(code, message) "{\"error\":{\"message\":\"" message "\",\"code\":" code "}}"

static void documented_statuses_have_their_meaning(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {400, ERROR("400", "Invalid request parameters"), ERR_UPSTREAM_REFUSED, false,
         "Invalid request parameters"},
        {400, ERROR("400", "acme/x is not a valid model ID"), ERR_UPSTREAM_MODEL, false,
         "acme/x is not a valid model ID"},
        {401, ERROR("401", "User not found."), ERR_UPSTREAM_KEY, false, "User not found."},
        {402, ERROR("402", "Insufficient credits."), ERR_UPSTREAM_CREDIT, false,
         "Insufficient credits."},
        {403, ERROR("403", "Forbidden"), ERR_UPSTREAM_REFUSED, false, "Forbidden"},
        {403, ERROR("403", "Key limit exceeded (total limit)."), ERR_UPSTREAM_CREDIT, false,
         "Key limit exceeded (total limit)."},
        {404, ERROR("404", "No endpoints found for a/b:free."), ERR_UPSTREAM_MODEL, false,
         "No endpoints found for a/b:free."},
        {408, ERROR("408", "Operation timed out."), ERR_UPSTREAM_TIMEOUT, true,
         "Operation timed out."},
        {400, ERROR("400", "Token limit reached"), ERR_UPSTREAM_CONTEXT_LENGTH, false,
         "Token limit reached"},
        {403, ERROR("403", "Your input was flagged for \\\"violence\\\"."), ERR_UPSTREAM_MODERATED,
         false, "Your input was flagged for \"violence\"."},
        {403, ERROR("403", "Request blocked: x"), ERR_UPSTREAM_MODERATED, false,
         "Request blocked: x"},
        {404, ERROR("404", "No endpoints found matching your data policy (x)."),
         ERR_UPSTREAM_PRIVACY, false, "No endpoints found matching your data policy (x)."},
        {413, ERROR("413", "Too large"), ERR_UPSTREAM_CONTEXT_LENGTH, false, "Too large"},
        {422, ERROR("422", "Semantics"), ERR_UPSTREAM_REFUSED, false, "Semantics"},
        {429, ERROR("429", "Rate limit exceeded"), ERR_UPSTREAM_RATE_LIMITED, true,
         "Rate limit exceeded"},
        {500, ERROR("500", "Internal Server Error"), ERR_UPSTREAM_ERROR, true,
         "Internal Server Error"},
        {502, ERROR("502", "Provider returned error"), ERR_UPSTREAM_ERROR, true, ""},
        {503, ERROR("503", "Service temporarily unavailable"), ERR_UPSTREAM_ERROR, true,
         "Service temporarily unavailable"},
        {524, ERROR("524", "Request timed out."), ERR_UPSTREAM_TIMEOUT, true, "Request timed out."},
        {529, ERROR("529", "Provider returned error"), ERR_UPSTREAM_ERROR, true, ""},
        {418, ERROR("418", "Tea"), ERR_UPSTREAM_REFUSED, false, "Tea"},
        {599, ERROR("599", "Odd"), ERR_UPSTREAM_ERROR, true, "Odd"},
    };
    assert_rows(rows, COUNT_OF(rows));
}

static void daily_limits_are_not_retryable(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {429,
         ERROR("429", "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 "
                      "free model requests per day"),
         ERR_UPSTREAM_DAILY_LIMIT, false,
         "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model "
         "requests per day"},
        {429,
         "{\"error\":{\"code\":429,\"message\":\"Limit\",\"metadata\":{\"limit_source\":"
         "\"openrouter_free_tier_daily\"}}}",
         ERR_UPSTREAM_DAILY_LIMIT, false, "Limit"},
        {429,
         "{\"error\":{\"code\":429,\"message\":\"Limit\",\"metadata\":{\"limit_source\":"
         "\"upstream_provider_shared_pool\"}}}",
         ERR_UPSTREAM_RATE_LIMITED, true, "Limit"},
    };
    assert_rows(rows, COUNT_OF(rows));
}

static void the_code_is_found_in_every_form(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {200, ERROR("\"429\"", "a"), ERR_UPSTREAM_RATE_LIMITED, true, "a"},
        {200, ERROR("\"server_error\"", "a"), ERR_UPSTREAM_ERROR, true, "a"},
        {200, ERROR("\"unsupported_value\"", "a"), ERR_UPSTREAM_REFUSED, false, "a"},
        {200, ERROR("null", "a"), ERR_UPSTREAM_ERROR, true, "a"},
        {402, ERROR("null", "a"), ERR_UPSTREAM_CREDIT, false, "a"},
        {200,
         "{\"error\":{\"message\":\"a\",\"metadata\":{\"error_type\":\"rate_limit_exceeded\"}}}",
         ERR_UPSTREAM_RATE_LIMITED, true, "a"},
        {200, "{\"error\":{\"message\":\"a\",\"error_type\":\"not_found\",\"http_status\":404}}",
         ERR_UPSTREAM_MODEL, false, "a"},
        {200, "{\"error\":{\"message\":\"a\",\"type\":\"invalid_request_error\",\"param\":null}}",
         ERR_UPSTREAM_REFUSED, false, "a"},
        {402, "{\"error\":{\"error\":{\"message\":\"a\"},\"code\":402}}", ERR_UPSTREAM_CREDIT,
         false, "a"},
        {200, "{\"error\":\"a\"}", ERR_UPSTREAM_ERROR, true, "a"},
        {502, "{\"message\":\"a\"}", ERR_UPSTREAM_ERROR, true, "a"},
        {429, "[{\"error\":{\"message\":\"a\",\"code\":429}}]", ERR_UPSTREAM_RATE_LIMITED, true,
         "a"},
    };
    assert_rows(rows, COUNT_OF(rows));
}

static void availability_decides_about_a_retry(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {404,
         "{\"error\":{\"message\":\"a\",\"availability\":{\"code\":\"free_variant_ended\","
         "\"retryable\":false}}}",
         ERR_UPSTREAM_MODEL, false, "a"},
        {400,
         "{\"error\":{\"message\":\"a\",\"code\":400,\"availability\":{\"code\":\"model_not_"
         "found\","
         "\"retryable\":false}}}",
         ERR_UPSTREAM_MODEL, false, "a"},
        {404,
         "{\"error\":{\"message\":\"a\",\"availability\":{\"code\":\"privacy_restricted\","
         "\"retryable\":false}}}",
         ERR_UPSTREAM_PRIVACY, false, "a"},
        {503,
         "{\"error\":{\"message\":\"a\",\"availability\":{\"code\":\"temporarily_unavailable\","
         "\"retryable\":true}}}",
         ERR_UPSTREAM_ERROR, true, "a"},
        {503,
         "{\"error\":{\"message\":\"a\",\"availability\":{\"code\":\"new\",\"retryable\":false}}}",
         ERR_UPSTREAM_ERROR, false, "a"},
        {429,
         "{\"error\":{\"message\":\"a\",\"availability\":{\"code\":\"capacity_exhausted\","
         "\"retryable\":true}}}",
         ERR_UPSTREAM_RATE_LIMITED, true, "a"},
    };
    assert_rows(rows, COUNT_OF(rows));
    assert_int_equal(of_reply(429, "{\"error\":{\"availability\":{\"retryable\":true,"
                                   "\"retry_after\":7}}}")
                         .retry_after_ms,
                     7000);
}

#define RETURNED(metadata)                                                                         \
    "{\"error\":{\"message\":\"Provider returned error\",\"code\":502,\"metadata\":{" metadata "}" \
    "}"                                                                                            \
    "}"

static void some_errors_are_permanent_whatever_they_state(void **state)
{
    (void)state;
    static const struct {
        unsigned    status;
        const char *message;
    } rows[] = {{401, "a"}, {402, "a"}, {403, "a"}, {429, "free-models-per-day-high-balance."}};

    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct upstream_head head = {.status = rows[i].status, .retry_after = "5"};
        struct buf           body = {0};
        buf_print(&body,
                  "{\"error\":{\"message\":\"%s\",\"code\":%u,\"availability\":{\"retryable\":"
                  "true,\"retry_after\":3}}}",
                  rows[i].message, rows[i].status);
        struct upstream_failure f = upstream_failure_of_reply(&head, buf_view(&body), WALL);
        assert_false(f.retryable);
        assert_int_equal(f.retry_after_ms, 0);
        buf_fini(&body);
    }
}

static void a_limit_of_the_account_is_unrelated_to_the_model(void **state)
{
    (void)state;
    const struct upstream_head limited = {.status = 429, .limit_reset = "1754667660000"};

    assert_true(
        upstream_failure_of_reply(&limited, STR(ERROR("429", "a")), WALL).is_unrelated_to_model);
    assert_true(of_reply(429, SAMPLE_429).is_unrelated_to_model);
    assert_true(of_reply(429, "{\"error\":{\"code\":429,\"metadata\":{\"limit_source\":"
                              "\"openrouter_credits\"}}}")
                    .is_unrelated_to_model);
    assert_false(of_reply(429, ERROR("429", "a")).is_unrelated_to_model);
    assert_false(of_reply(503, ERROR("503", "a")).is_unrelated_to_model);
    assert_true(upstream_failure_of_end(UPSTREAM_UNREACHED).is_unrelated_to_model);
    assert_false(upstream_failure_of_end(UPSTREAM_CUT).is_unrelated_to_model);
}

static void a_model_that_is_gone_differs_from_one_that_is_excluded(void **state)
{
    (void)state;
    static const struct {
        unsigned    status;
        const char *body;
        bool        is_gone;
        const char *other;
    } rows[] = {
        {404, ERROR("404", "No endpoints found for a/b:free."), true, ""},
        {400, ERROR("400", "acme/x is not a valid model ID"), true, ""},
        {400, ERROR("400", "Invalid request parameters"), false, ""},
        {404, ERROR("404", "No endpoints found matching your data policy."), false, ""},
        {404, ERROR("404", "No allowed providers are available"), false, ""},
        {404,
         "{\"error\":{\"message\":\"a\",\"availability\":{\"code\":\"free_variant_ended\","
         "\"fallback_models\":[\"openrouter/free\",\"c/d\"]}}}",
         true, "openrouter/free"},
        {404, "{\"error\":{\"message\":\"a\",\"availability\":{\"code\":\"privacy_restricted\"}}}",
         false, ""},
        {404, "{\"error\":{\"message\":\"a\",\"availability\":{\"fallback_models\":[\"<b>\"]}}}",
         true, ""},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct upstream_failure f = of_reply(rows[i].status, rows[i].body);
        assert_int_equal(f.is_gone, rows[i].is_gone);
        assert_string_equal(f.other_model, rows[i].other);
    }
}

static void the_message_of_the_provider_is_preferred(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {502, RETURNED("\"raw\":\"model is busy\",\"provider_name\":\"Google\""),
         ERR_UPSTREAM_ERROR, true, "Google: model is busy"},
        {502, RETURNED("\"raw\":\"model is busy\",\"provider_name\":null"), ERR_UPSTREAM_ERROR,
         true, "model is busy"},
        {502, RETURNED("\"raw\":\"{\\\"error\\\":{\\\"message\\\":\\\"inner\\\"}}\""),
         ERR_UPSTREAM_ERROR, true, "inner"},
        {502,
         RETURNED(
             "\"raw\":\"{\\n  \\\"error\\\": {\\n    \\\"message\\\": \\\"inner\\\"\\n  }\\n}\""),
         ERR_UPSTREAM_ERROR, true, "inner"},
        {502, RETURNED("\"raw\":{\"error\":{\"message\":\"inner\"}}"), ERR_UPSTREAM_ERROR, true,
         "inner"},
        {502, RETURNED("\"raw\":[{\"message\":\"inner\"}]"), ERR_UPSTREAM_ERROR, true, "inner"},
        {502, RETURNED("\"raw\":\"<html>busy</html>\""), ERR_UPSTREAM_ERROR, true, ""},
        {502, RETURNED("\"raw\":null,\"provider_name\":\"Google\""), ERR_UPSTREAM_ERROR, true,
         "Google"},
        {502, RETURNED("\"raw\":\"{\\\"status\\\":1}\""), ERR_UPSTREAM_ERROR, true, ""},
        {502, RETURNED("\"raw\":\"HTTP 500: {\\\"message\\\":\\\"inner\\\"}\""), ERR_UPSTREAM_ERROR,
         true, "inner"},
        {502, RETURNED("\"raw\":\"HTTP 500: {\\\"status\\\":1}\""), ERR_UPSTREAM_ERROR, true,
         "HTTP 500:"},
        {400, ERROR("400", "[{\\\"code\\\":\\\"invalid\\\",\\\"message\\\":\\\"too small\\\"}]"),
         ERR_UPSTREAM_REFUSED, false, "too small"},
    };
    assert_rows(rows, COUNT_OF(rows));
}

static void anything_but_an_error_object_is_described(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {502, "<html><head><title>502 Bad Gateway</title>", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 502 and a web page."},
        {404, "\n <!DOCTYPE html>", ERR_UPSTREAM_ERROR, false,
         "OpenRouter answered with status 404 and a web page."},
        {524, "error code: 524", ERR_UPSTREAM_TIMEOUT, true, "error code: 524"},
        {500, "", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 500 and nothing else."},
        {500, "\"broken\"", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 500 and something that cannot be read."},
        {500, "{}", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 500 and something that cannot be read."},
        {500, "{\"error\":null}", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 500 and something that cannot be read."},
        {500, "\xFF\xFE", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 500 and something that cannot be read."},
        {200, "", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 200 and nothing else."},
        {200, "<html>", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 200 and a web page."},
        {200, "OK", ERR_UPSTREAM_ERROR, true,
         "OpenRouter answered with status 200 and something that cannot be read."},
        {302, "", ERR_UPSTREAM_ERROR, false,
         "OpenRouter answered with status 302 and nothing else."},
    };
    assert_rows(rows, COUNT_OF(rows));
}

static void the_wait_is_found_in_every_form(void **state)
{
    (void)state;
    static const struct {
        struct upstream_head head;
        const char          *body;
        uint64_t             wait;
    } rows[] = {
        {{.status = 429}, ERROR("429", "a"), 0},
        {{.status = 429, .retry_after = "7"}, ERROR("429", "a"), 7000},
        {{.status = 503, .retry_after = "Fri, 08 Aug 2025 15:40:50 GMT"}, ERROR("503", "a"), 10000},
        {{.status = 429, .retry_after = "Fri, 08 Aug 2025 15:40:00 GMT"}, ERROR("429", "a"), 0},
        {{.status = 429, .retry_after = "soon"}, ERROR("429", "a"), 0},
        {{.status = 429, .retry_after = "-5"}, ERROR("429", "a"), 0},
        {{.status = 429, .retry_after = "nan"}, ERROR("429", "a"), 0},
        {{.status = 429, .retry_after = "1e30"}, ERROR("429", "a"), 600000},
        {{.status = 429, .retry_after_ms = "1500", .retry_after = "7"}, ERROR("429", "a"), 1500},
        {{.status = 429, .limit_reset = "1754667660000"}, ERROR("429", "a"), 20000},
        {{.status = 429, .retry_after = "3", .limit_reset = "1754667660000"},
         ERROR("429", "a"),
         3000},
        {{.status = 429}, SAMPLE_429, 20000},
        {{.status = 502, .retry_after = "4"}, "<html>", 4000},
        {{.status = 401, .retry_after = "4"}, ERROR("401", "a"), 0},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct upstream_failure f =
            upstream_failure_of_reply(&rows[i].head, str_of(rows[i].body), WALL);
        assert_int_equal(f.retry_after_ms, rows[i].wait);
    }
}

static void foreign_text_is_cleaned(void **state)
{
    (void)state;
    static const struct {
        const char *words, *clean;
    } rows[] = {
        {"  two\n\nlines\tand \x1B[31mcolour\x7F ", "two lines and [31mcolour"},
        {"bad key sk-or-v1-0123456789abcdef given", "bad key [...] given"},
        {"sk-proj_x1y2z3", "[...]"},
        {"task-force is no key", "task-force is no key"},
        {"user_2fXyZabc is unknown to org_12345678", "[...] is unknown to [...]"},
        {"user_x", "user_x"},
        {"token=AAAAAAAAAAAAAAAA1111111111111111 ok", "token=[...] ok"},
        {"free-models-per-day-high-balance", "free-models-per-day-high-balance"},
        {"\xC3\xBC\xE2\x82\xAC", "\xC3\xBC\xE2\x82\xAC"},
        {"broken \xFF", ""},
        {"", ""},
    };
    char clean[ERROR_TEXT_MAX + 1];

    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        error_text_clean(clean, str_of(rows[i].words));
        assert_string_equal(clean, rows[i].clean);
    }
}

static void foreign_text_is_cut_between_characters(void **state)
{
    (void)state;
    char       clean[ERROR_TEXT_MAX + 1];
    struct buf words = {0};

    buf_str(&words, STR("a"));
    for (unsigned i = 0; i < 5000; i++)
        buf_str(&words, STR("\xE2\x82\xAC"));
    error_text_clean(clean, buf_view(&words));
    assert_int_equal(strlen(clean), 298); /* 1 + 99 whole characters */
    assert_true(str_is_utf8(str_of(clean)));
    buf_fini(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_statuses_have_their_meaning),
        cmocka_unit_test(daily_limits_are_not_retryable),
        cmocka_unit_test(the_code_is_found_in_every_form),
        cmocka_unit_test(availability_decides_about_a_retry),
        cmocka_unit_test(some_errors_are_permanent_whatever_they_state),
        cmocka_unit_test(a_limit_of_the_account_is_unrelated_to_the_model),
        cmocka_unit_test(a_model_that_is_gone_differs_from_one_that_is_excluded),
        cmocka_unit_test(the_message_of_the_provider_is_preferred),
        cmocka_unit_test(anything_but_an_error_object_is_described),
        cmocka_unit_test(the_wait_is_found_in_every_form),
        cmocka_unit_test(foreign_text_is_cleaned),
        cmocka_unit_test(foreign_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
