/* What otlp promises when nobody takes what it brings; tests/system/test_traces.py has the rest. */
#include "base/metrics.h"
#include "base/random.h"
#include "base/span.h"
#include "loop/otlp.h"
#include "test.h"

#define NOWHERE "http://127.0.0.1:1"

static void end_spans(unsigned count)
{
    struct trace above;
    struct span  s;

    trace_of_uuid(&above, "11111111-2222-4333-8444-555555555555");
    for (unsigned i = 0; i < count; i++) {
        span_begin(&s, "one of many", SPAN_SERVER, &above);
        span_end(&s, NULL, NULL, 0);
    }
}

static unsigned dropped(void)
{
    return (unsigned)metric_value_for(METRIC_SPANS, "dropped", NULL);
}

static void what_has_no_room_is_dropped_and_counted(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct otlp *o = otlp_open(l, NOWHERE, "test");

    end_spans(2048);
    assert_int_equal(dropped(), 0);
    end_spans(100);
    assert_int_equal(dropped(), 100);
    otlp_close(&o);
    assert_int_equal(dropped(), 100 + 2048); /* one last batch in vain, and what it left */
    loop_free(&l);
}

static void quit(void *ctx)
{
    loop_quit(ctx);
}

static void what_is_under_way_at_the_end_is_dropped_and_counted(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    struct timer soon = {0};
    unsigned     before = dropped();
    struct otlp *o = otlp_open(l, NOWHERE, "test");

    end_spans(512); /* a whole batch: it leaves with the next turn of the loop */
    timer_start(&soon, l, 0, quit, l);
    loop_run(l);
    assert_int_equal(dropped(), before);
    otlp_close(&o);
    assert_int_equal(dropped(), before + 512);
    loop_free(&l);
}

static void without_an_endpoint_nothing_is_taken(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    unsigned     before = dropped();
    struct otlp *o = otlp_open(l, "", "test");

    assert_null(o);
    end_spans(5000);
    assert_int_equal(dropped(), before);
    otlp_close(&o);
    loop_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_room_is_dropped_and_counted),
        cmocka_unit_test(what_is_under_way_at_the_end_is_dropped_and_counted),
        cmocka_unit_test(without_an_endpoint_nothing_is_taken),
    };

    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
