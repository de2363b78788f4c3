/* What events promises: bytes that any reader of server-sent events understands. */
#include <string.h>

#include "http/events.h"
#include "test.h"

#define TURN "11111111-2222-4333-8444-555555555555"

static void an_event_is_id_name_and_one_line_of_data(void **state)
{
    (void)state;
    struct buf out = {0};

    events_add(&out, TURN, 12, "delta", json_pack("{s:s}", "text", "a\nb\r\n\n\"c\""));
    assert_string_equal(out.p, "id: " TURN ":12\nevent: delta\n"
                               "data: {\"text\":\"a\\nb\\r\\n\\n\\\"c\\\"\"}\n\n");
    buf_fini(&out);
}

static void a_comment_is_no_event(void **state)
{
    (void)state;
    struct buf out = {0};

    events_comment(&out, "keep-alive");
    assert_string_equal(out.p, ": keep-alive\n\n");
    buf_fini(&out);
}

static void an_id_tells_where_its_reader_is(void **state)
{
    (void)state;
    static const char *const bad[] = {TURN,       TURN ":",           TURN ":x", TURN ":-1",
                                      TURN ":1 ", TURN ":1234567890", ":1",      "",
                                      "1",        TURN "1:1"};
    size_t                   at;

    assert_true(events_offset(STR(TURN ":0"), TURN, &at));
    assert_int_equal(at, 0);
    assert_true(events_offset(STR(TURN ":123456789"), TURN, &at));
    assert_int_equal(at, 123456789);
    for (unsigned i = 0; i < COUNT_OF(bad); i++)
        assert_false(events_offset(str_of(bad[i]), TURN, &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_id_name_and_one_line_of_data),
        cmocka_unit_test(a_comment_is_no_event),
        cmocka_unit_test(an_id_tells_where_its_reader_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
