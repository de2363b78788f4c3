/* What metrics promises. */
#include <string.h>

#include "base/metrics.h"
#include "test.h"

static int forget(void **state)
{
    (void)state;
    metrics_fini();
    return 0;
}

static bool tells(const char *service, const char *line)
{
    struct buf out = {0}, wanted = {0};

    metrics_print(&out, service);
    buf_print(&wanted, "\n%s\n", line);
    bool found = strstr(out.p, wanted.p) != NULL;
    buf_fini(&out);
    buf_fini(&wanted);
    return found;
}

static void what_was_never_counted_is_told_as_zero(void **state)
{
    (void)state;
    assert_true(tells("store", "chat_turns_aborted_total 0"));
}

static void a_service_tells_only_what_it_has(void **state)
{
    (void)state;
    assert_false(tells("filter", "chat_turns_aborted_total 0"));
    assert_true(tells("filter", "chat_bus_late_total 0"));
}

static void counts_are_kept_apart_by_their_labels(void **state)
{
    (void)state;
    metric_add_for(METRIC_HTTP_REQUESTS, "/chat", "ok", 2);
    metric_add_for(METRIC_HTTP_REQUESTS, "/chat", "failed", 1);
    assert_true(tells("gateway", "chat_http_requests_total{route=\"/chat\",outcome=\"ok\"} 2"));
    assert_true(tells("gateway", "chat_http_requests_total{route=\"/chat\",outcome=\"failed\"} 1"));
    assert_int_equal(metric_value_for(METRIC_HTTP_REQUESTS, "/chat", "gone"), 0);
}

static void a_histogram_counts_what_is_no_larger(void **state)
{
    (void)state;
    metric_observe(METRIC_TURN_FIRST_TOKEN, 0.25);
    metric_observe(METRIC_TURN_FIRST_TOKEN, 0.26);
    metric_observe(METRIC_TURN_FIRST_TOKEN, 1000);
    assert_true(tells("gateway", "chat_turn_first_token_seconds_bucket{le=\"0.1\"} 0"));
    assert_true(tells("gateway", "chat_turn_first_token_seconds_bucket{le=\"0.25\"} 1"));
    assert_true(tells("gateway", "chat_turn_first_token_seconds_bucket{le=\"180\"} 2"));
    assert_true(tells("gateway", "chat_turn_first_token_seconds_bucket{le=\"+Inf\"} 3"));
    assert_true(tells("gateway", "chat_turn_first_token_seconds_sum 1000.51"));
    assert_true(tells("gateway", "chat_turn_first_token_seconds_count 3"));
}

/* Whoever makes names up must not fill the memory. */
static void what_has_no_room_is_counted_as_other(void **state)
{
    (void)state;
    char model[32];

    for (unsigned i = 0; i < 20; i++) {
        str_format(model, sizeof model, "model-%u", i);
        metric_add_for(METRIC_TOKENS, model, "prompt", 1);
        metric_add_for(METRIC_TOKENS, model, "completion", 1);
    }
    assert_int_equal(metric_value_for(METRIC_TOKENS, "model-15", "completion"), 1);
    assert_int_equal(metric_value_for(METRIC_TOKENS, "model-16", "prompt"), 0);
    assert_int_equal(metric_value_for(METRIC_TOKENS, "other", "prompt"), 4);
    metric_add_for(METRIC_TOKENS, "model-3", "prompt", 1);
    assert_int_equal(metric_value_for(METRIC_TOKENS, "model-3", "prompt"), 2);
}

static void a_label_cannot_break_the_line(void **state)
{
    (void)state;
    metric_add_for(METRIC_COST, "a\"b\\c\nd", NULL, 0.5);
    assert_true(
        tells("llm-worker", "chat_upstream_cost_dollars_total{model=\"a\\\"b\\\\c\\nd\"} 0.5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_was_never_counted_is_told_as_zero, forget),
        cmocka_unit_test_teardown(a_service_tells_only_what_it_has, forget),
        cmocka_unit_test_teardown(counts_are_kept_apart_by_their_labels, forget),
        cmocka_unit_test_teardown(a_histogram_counts_what_is_no_larger, forget),
        cmocka_unit_test_teardown(what_has_no_room_is_counted_as_other, forget),
        cmocka_unit_test_teardown(a_label_cannot_break_the_line, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
