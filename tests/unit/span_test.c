/* What span promises. */
#include <string.h>

#include "base/random.h"
#include "base/span.h"
#include "test.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct {
    unsigned    count, fields;
    struct span last;
    char        error[16];
} taken;

static void take(void *ctx, const struct span *s, const struct span_end *end)
{
    (void)ctx;
    taken.count++;
    taken.last = *s;
    taken.fields = end->count;
    assert_true(end->ended_us >= s->began_us);
    str_format(taken.error, sizeof taken.error, "%s", end->error ? end->error : "");
}

static int open_sink(void **state)
{
    (void)state;
    memset(&taken, 0, sizeof taken);
    span_sink(take, NULL);
    return 0;
}

static int close_sink(void **state)
{
    (void)state;
    span_sink(NULL, NULL);
    return 0;
}

static bool is_read(const char *text)
{
    struct trace t;
    bool         good = trace_read(&t, str_of(text));

    assert_int_equal(good, *t.trace != '\0');
    return good;
}

static void a_traceparent_comes_back_as_it_was(void **state)
{
    (void)state;
    struct trace t;
    char         text[TRACEPARENT_LEN + 1];

    assert_true(trace_read(&t, STR(PARENT)));
    trace_write(&t, text);
    assert_string_equal(text, PARENT);
    assert_true(t.is_sampled);
}

static void what_is_no_traceparent_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        PARENT "-more",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
        PARENT ", " PARENT,
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(is_read(bad[i]));
    assert_true(is_read("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
    assert_true(is_read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff"));
}

static void a_span_stands_below_the_place_that_asked(void **state)
{
    (void)state;
    struct trace above;
    struct span  outer, inner;

    assert_true(trace_read(&above, STR(PARENT)));
    span_begin(&outer, "outer", SPAN_SERVER, &above);
    span_begin(&inner, "inner", SPAN_CLIENT, &outer.at);
    assert_string_equal(outer.parent, "b7ad6b7169203331");
    assert_string_equal(inner.parent, outer.at.span);
    assert_string_equal(inner.at.trace, above.trace);
    assert_string_not_equal(inner.at.span, outer.at.span);
}

static void a_span_is_taken_once(void **state)
{
    (void)state;
    struct trace            above;
    struct span             s;
    const struct span_field fields[] = {FIELD_TEXT("a", "b"), FIELD_NUMBER("c", 7)};

    trace_of_uuid(&above, "11111111-2222-4333-8444-555555555555");
    span_begin(&s, "one", SPAN_SERVER, &above);
    span_end(&s, "timeout", fields, COUNT_OF(fields));
    span_end(&s, NULL, NULL, 0);
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.fields, 2);
    assert_string_equal(taken.error, "timeout");
    assert_string_equal(taken.last.at.trace, "11111111222243338444555555555555");
    assert_string_equal(taken.last.parent, "");
}

static void nothing_is_taken_of_what_is_not_sampled_or_no_trace(void **state)
{
    (void)state;
    struct trace above;
    struct span  s;

    assert_true(trace_read(&above, STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")));
    span_begin(&s, "quiet", SPAN_SERVER, &above);
    span_end(&s, NULL, NULL, 0);
    span_begin(&s, "nowhere", SPAN_SERVER, &(struct trace){0});
    span_end(&s, NULL, NULL, 0);
    assert_int_equal(taken.count, 0);
}

/* A turn's id is the client's to choose; a trace of zeros is none. */
static void a_name_of_zeros_begins_a_trace_too(void **state)
{
    (void)state;
    struct trace above;
    char         text[TRACEPARENT_LEN + 1];

    trace_of_uuid(&above, "00000000-0000-0000-0000-000000000000");
    str_format(above.span, sizeof above.span, "b7ad6b7169203331");
    trace_write(&above, text);
    assert_true(is_read(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_traceparent_comes_back_as_it_was),
        cmocka_unit_test(what_is_no_traceparent_is_refused),
        cmocka_unit_test(a_span_stands_below_the_place_that_asked),
        cmocka_unit_test_setup_teardown(a_span_is_taken_once, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(nothing_is_taken_of_what_is_not_sampled_or_no_trace,
                                        open_sink, close_sink),
        cmocka_unit_test(a_name_of_zeros_begins_a_trace_too),
    };

    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
