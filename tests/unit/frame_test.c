/* What frame promises. */
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "wire/frame.h"

static const struct frame sample = {
    .version = 1,
    .type = FRAME_REQUEST,
    .epoch = UINT64_MAX,
    .id = 300,
    .attempt = 2,
    .sequence = 70000,
    .ttl_ms = 15000,
    .trace = {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 55},
    .body = {"\x91\x03", 2},
};

static void a_frame_comes_back_as_sent(void **state)
{
    (void)state;
    struct buf   b = {0};
    struct frame f;

    frame_encode(&sample, &b);
    assert_int_equal(frame_decode(&f, buf_view(&b)), ERR_OK);
    assert_int_equal(f.type, FRAME_REQUEST);
    assert_true(f.epoch == UINT64_MAX);
    assert_int_equal(f.id, 300);
    assert_int_equal(f.attempt, 2);
    assert_int_equal(f.sequence, 70000);
    assert_int_equal(f.ttl_ms, 15000);
    assert_true(str_eq(f.trace, sample.trace));
    assert_true(str_eq(f.body, sample.body));
    buf_fini(&b);
}

static void a_frame_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    struct buf   b = {0};
    struct frame f;

    frame_encode(&sample, &b);
    for (size_t len = 0; len < b.len; len++) {
        char *exact = malloc(len ? len : 1); /* so that ASan sees one byte too many */
        memcpy(exact, b.p, len);
        assert_int_equal(frame_decode(&f, (struct str){exact, len}), ERR_BAD_FRAME);
        free(exact);
    }
    buf_fini(&b);
}

static void bytes_behind_a_frame_are_refused(void **state)
{
    (void)state;
    struct buf   b = {0};
    struct frame f;

    frame_encode(&sample, &b);
    buf_add(&b, "\xC0", 1);
    assert_int_equal(frame_decode(&f, buf_view(&b)), ERR_BAD_FRAME);
    buf_fini(&b);
}

static void a_newer_frame_with_more_fields_is_read(void **state)
{
    (void)state;
    struct buf   b = {0};
    struct frame f;

    frame_encode(&sample, &b);
    b.p[0] = (char)0x9B;                                           /* an array of 11 instead of 9 */
    buf_add(&b, "\x82\x01\x92\x01\x02\xA1x\xC0\xC7\x01\x05z", 12); /* a map and an ext */
    assert_int_equal(frame_decode(&f, buf_view(&b)), ERR_OK);
    assert_true(str_eq(f.body, sample.body));
    buf_fini(&b);
}

/* A count the bytes cannot hold is refused before memory is taken for it. */
static void a_lying_count_costs_no_memory(void **state)
{
    (void)state;
    struct frame f;
    assert_int_equal(frame_decode(&f, STR("\xDD\xFF\xFF\xFF\xFF\x01")), ERR_BAD_FRAME);
    assert_int_equal(frame_decode(&f, STR("\xDF\x7F\xFF\xFF\xFF\x01")), ERR_BAD_FRAME);
    assert_int_equal(frame_decode(&f, STR("\xDB\xFF\xFF\xFF\xFFx")), ERR_BAD_FRAME);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    char         deep[200];
    struct frame f;

    memset(deep, '\x91', sizeof deep);
    assert_int_equal(frame_decode(&f, (struct str){deep, sizeof deep}), ERR_BAD_FRAME);
}

static void what_is_no_frame_is_refused(void **state)
{
    (void)state;
    struct frame f;
    assert_int_equal(frame_decode(&f, STR("\xC0")), ERR_BAD_FRAME);
    assert_int_equal(frame_decode(&f, STR("\x90")), ERR_BAD_FRAME);
    assert_int_equal(frame_decode(&f, STR("\x92\x01\xA1x")), ERR_BAD_FRAME); /* type is a str */
    assert_int_equal(frame_decode(&f, STR("\x92\x01\xFF")), ERR_BAD_FRAME);  /* type is -1 */
    assert_int_equal(frame_decode(&f, STR("\x92\x00\x04")), ERR_BAD_FRAME);  /* version 0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_comes_back_as_sent),
        cmocka_unit_test(a_frame_cut_at_any_byte_is_refused),
        cmocka_unit_test(bytes_behind_a_frame_are_refused),
        cmocka_unit_test(a_newer_frame_with_more_fields_is_read),
        cmocka_unit_test(a_lying_count_costs_no_memory),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(what_is_no_frame_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
