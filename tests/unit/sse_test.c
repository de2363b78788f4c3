/* What sse promises. */
#include <stdlib.h>
#include <string.h>

#include "openrouter/sse.h"
#include "openrouter_samples.h"
#include "test.h"

/* Appends all events in the bytes, each followed by '|'. */
static void feed(struct sse *s, struct str bytes, struct buf *out)
{
    /* In a block of exactly its size, so that the sanitizer sees reads past it. */
    char      *exact = mem_new(bytes.len);
    struct str data;

    if (bytes.len)
        memcpy(exact, bytes.p, bytes.len);
    struct str rest = {exact, bytes.len};
    while (sse_next(s, &rest, &data) == SSE_EVENT) {
        buf_str(out, data);
        buf_str(out, STR("|"));
    }
    free(exact);
}

static void end(struct sse *s, struct buf *out)
{
    struct str data;

    if (sse_last(s, &data) == SSE_EVENT) {
        buf_str(out, data);
        buf_str(out, STR("|"));
    }
    sse_fini(s);
}

static void assert_events(struct str body, const char *events)
{
    struct sse s = {0};
    struct buf out = {0};

    feed(&s, body, &out);
    end(&s, &out);
    buf_str(&out, STR(""));
    assert_string_equal(out.p, events);
    buf_fini(&out);
}

static void fields_and_line_ends_follow_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *body, *events;
    } cases[] = {
        {"data: a\n\ndata: b\n\n", "a|b|"},
        {"data: a\r\n\r\ndata: b\r\n\r\n", "a|b|"},
        {"data: a\r\rdata: b\r\r", "a|b|"},
        {"data: a\r\n\ndata: b\n\r\n", "a|b|"},
        {"data: a\n\r\ndata: b\r\r\n", "a|b|"},
        {"data: a\r\ndata: b\r\n\r\n", "a\nb|"},
        {"data: a\rdata: b\r\r", "a\nb|"},
        {"data:a\n\n", "a|"},
        {"data:  a\n\n", " a|"},
        {"data: a\ndata: b\ndata:c\n\n", "a\nb\nc|"},
        {"data\n\n", "|"},
        {"data\ndata\n\n", "\n|"},
        {": comment\n\n:\n\n\n\n\ndata: a\n\n\n\n", "a|"},
        {"data: a\n: comment\ndata: b\n\n", "a\nb|"},
        {"event: x\nid: 1\nretry: 5\n\ndata: a\n\n", "a|"},
        {"event: x\ndata: a\nid: 1\n\n", "a|"},
        {"database: no\n data: no\nDATA: no\n\n", ""},
        {"\xEF\xBB\xBF"
         "data: a\n\n",
         "a|"},
        {"data: a\n\n\xEF\xBB\xBF"
         "data: b\n\n",
         "a|"},
        {"data: a:b: c\n\n", "a:b: c|"},
        {"data: a", "a|"},
        {"data: a\n", "a|"},
        {"data: a\ndata: b", "a\nb|"},
        {": comment", ""},
        {"", ""},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++)
        assert_events(str_of(cases[i].body), cases[i].events);
}

static const char *const samples[] = {
    SAMPLE_A,
    SAMPLE_B,
    SAMPLE_C,
    SAMPLE_D,
    SAMPLE_E,
    SAMPLE_F,
    SAMPLE_G,
    SAMPLE_H,
    SAMPLE_I,
    SAMPLE_J,
    "data: a\r\n\r\ndata: b\r\n\r\n",
    "data: a\r\rdata: b\r\r: c\r\r",
    "data:\xC3\xBC\n\n",
};

static void every_cut_of_every_sample_gives_the_same_events(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(samples); i++) {
        struct str body = str_of(samples[i]);
        struct sse whole = {0};
        struct buf expected = {0};
        feed(&whole, body, &expected);
        end(&whole, &expected);
        assert_true(expected.len > 0);
        for (size_t cut = 0; cut <= body.len; cut++) {
            struct sse s = {0};
            struct buf out = {0};
            feed(&s, (struct str){body.p, cut}, &out);
            feed(&s, (struct str){body.p + cut, body.len - cut}, &out);
            end(&s, &out);
            assert_string_equal(out.p, expected.p);
            buf_fini(&out);
        }
        buf_fini(&expected);
    }
}

static void byte_by_byte_gives_the_same_events(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(samples); i++) {
        struct str body = str_of(samples[i]);
        struct sse whole = {0}, s = {0};
        struct buf expected = {0}, out = {0};
        feed(&whole, body, &expected);
        end(&whole, &expected);
        for (size_t at = 0; at < body.len; at++) {
            feed(&s, (struct str){body.p + at, 1}, &out);
            feed(&s, STR(""), &out);
        }
        end(&s, &out);
        assert_string_equal(out.p, expected.p);
        buf_fini(&expected);
        buf_fini(&out);
    }
}

static enum sse_result feed_many(struct sse *s, const char *line, unsigned times)
{
    enum sse_result result = SSE_NOTHING;

    for (unsigned i = 0; i < times && result == SSE_NOTHING; i++) {
        struct str bytes = str_of(line), data;
        result = sse_next(s, &bytes, &data);
    }
    return result;
}

static void a_line_without_end_is_rejected_at_the_limit(void **state)
{
    (void)state;
    struct sse s = {0};
    struct str data;

    assert_int_equal(feed_many(&s, "data: 6789abcdef", SSE_MAX / 16), SSE_NOTHING);
    assert_int_equal(feed_many(&s, "x", 1), SSE_TOO_LONG);
    assert_int_equal(feed_many(&s, "\n\ndata: a\n\n", 1), SSE_TOO_LONG);
    assert_int_equal(sse_last(&s, &data), SSE_TOO_LONG);
    sse_fini(&s);
}

static void an_event_of_endless_lines_is_rejected_at_the_limit(void **state)
{
    (void)state;
    struct sse s = {0};

    assert_int_equal(feed_many(&s, "data: 6789abcde\n", SSE_MAX / 10 - 1), SSE_NOTHING);
    assert_int_equal(feed_many(&s, "data: 6789abcde\n", 2), SSE_TOO_LONG);
    sse_fini(&s);
}

static void comments_cost_no_memory(void **state)
{
    (void)state;
    struct sse s = {0};

    assert_int_equal(feed_many(&s, WORKING, 100000), SSE_NOTHING);
    assert_true(s.line.room + s.data.room < 1024);
    sse_fini(&s);
}

static void the_memory_of_a_long_event_is_released(void **state)
{
    (void)state;
    struct sse s = {0};
    struct buf body = {0};
    struct str data;

    for (unsigned i = 0; i < 20000; i++)
        buf_str(&body, STR("data: x\n"));
    buf_str(&body, STR("\ndata: y\n\n"));
    struct str bytes = buf_view(&body);
    assert_int_equal(sse_next(&s, &bytes, &data), SSE_EVENT);
    assert_int_equal(data.len, 2 * 20000 - 1);
    assert_int_equal(sse_next(&s, &bytes, &data), SSE_EVENT);
    assert_true(str_is(data, "y"));
    assert_true(s.line.room + s.data.room < 1024);
    buf_fini(&body);
    sse_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_line_ends_follow_the_standard),
        cmocka_unit_test(every_cut_of_every_sample_gives_the_same_events),
        cmocka_unit_test(byte_by_byte_gives_the_same_events),
        cmocka_unit_test(a_line_without_end_is_rejected_at_the_limit),
        cmocka_unit_test(an_event_of_endless_lines_is_rejected_at_the_limit),
        cmocka_unit_test(comments_cost_no_memory),
        cmocka_unit_test(the_memory_of_a_long_event_is_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
