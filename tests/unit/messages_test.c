/* What every message of messages.def promises, made from the same table.
 *
 * For each message a sample is filled by the table's own types and limits, so
 * a new message is tested the moment it is written down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "wire/enc.h"
#include "wire/messages.h"

#define SAMPLE_MOST 64 /* bytes of a sample string, elements are two */

static char letters[1024 * 1024 + 1];

static uint64_t sample_u64(uint64_t max)
{
    return max ? max : UINT64_C(1) << 40;
}

static double sample_f64(uint64_t max)
{
    (void)max;
    return 0.25;
}

static struct str sample_str(uint64_t max)
{
    return (struct str){letters, max < SAMPLE_MOST ? max : SAMPLE_MOST};
}

static struct str sample_bin(uint64_t max)
{
    return sample_str(max);
}

/* ---- one filler per part and message ---- */

#define PART(name, doc)                                                                            \
    static void name##_fill(struct name *m)                                                        \
    {
#define MESSAGE(num, NAME, name, doc)                                                              \
    static void name##_fill(struct name *m)                                                        \
    {                                                                                              \
        m->none = 0;
#define FIELD(type, name, max, doc) m->name = sample_##type(max);
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)                                                                 \
    m->name##_count = 2;                                                                           \
    part##_fill(&m->name[0]);                                                                      \
    part##_fill(&m->name[1]);
#define END      }
#define PART_END }
#include "wire/messages.def"

/* ---- the samples, encoded ---- */

struct sample {
    const char *name;
    uint64_t    number;
    struct buf  bytes;
};

static struct sample samples[64];
static size_t        sample_count;

static int make_samples(void **state)
{
    (void)state;
    memset(letters, 'a', sizeof letters - 1);
#define MESSAGE(num, NAME, name, doc)                                                              \
    {                                                                                              \
        struct name *m = mem_new(sizeof *m);                                                       \
        name##_fill(m);                                                                            \
        samples[sample_count] = (struct sample){#name, num, {0}};                                  \
        name##_encode(m, &samples[sample_count++].bytes);                                          \
        free(m);                                                                                   \
    }
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"
    return 0;
}

static int drop_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_count; i++)
        buf_fini(&samples[i].bytes);
    return 0;
}

/* ---- the promises ---- */

static void each_comes_back_as_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_count; i++) {
        struct buf again = {0};
        assert_int_equal(msg_recode(buf_view(&samples[i].bytes), &again), ERR_OK);
        assert_int_equal(again.len, samples[i].bytes.len);
        assert_memory_equal(again.p, samples[i].bytes.p, again.len);
        assert_int_equal(msg_number(buf_view(&again)), samples[i].number);
        assert_string_equal(msg_name(samples[i].number), samples[i].name);
        buf_fini(&again);
    }
}

static void each_is_refused_when_cut_at_any_byte(void **state)
{
    (void)state;
    struct buf out = {0};

    for (size_t i = 0; i < sample_count; i++)
        for (size_t len = 0; len < samples[i].bytes.len; len++) {
            char *exact = malloc(len ? len : 1);
            memcpy(exact, samples[i].bytes.p, len);
            assert_int_equal(msg_recode((struct str){exact, len}, &out), ERR_BAD_FRAME);
            free(exact);
        }
    buf_fini(&out);
}

static void none_is_taken_for_another(void **state)
{
    (void)state;
#define MESSAGE(num, NAME, name, doc)                                                              \
    {                                                                                              \
        struct name *m = mem_new(sizeof *m);                                                       \
        for (size_t i = 0; i < sample_count; i++)                                                  \
            assert_int_equal(name##_decode(m, buf_view(&samples[i].bytes)),                        \
                             samples[i].number == (num) ? ERR_OK : ERR_BAD_FRAME);                 \
        free(m);                                                                                   \
    }
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"
}

/* An older sender ends its arrays earlier: what is missing is 0 or empty. */
static void each_is_read_from_an_older_sender(void **state)
{
    (void)state;
#define MESSAGE(num, NAME, name, doc)                                                              \
    {                                                                                              \
        struct name *m = mem_new(sizeof *m);                                                       \
        struct name *zero = mem_new(sizeof *m);                                                    \
        struct buf   b = {0}, read = {0}, empty = {0};                                             \
        enc_array(&b, 1);                                                                          \
        enc_u64(&b, num, 0);                                                                       \
        assert_int_equal(name##_decode(m, buf_view(&b)), ERR_OK);                                  \
        name##_encode(m, &read);                                                                   \
        name##_encode(zero, &empty);                                                               \
        assert_true(str_eq(buf_view(&read), buf_view(&empty)));                                    \
        buf_fini(&b);                                                                              \
        buf_fini(&read);                                                                           \
        buf_fini(&empty);                                                                          \
        free(m);                                                                                   \
        free(zero);                                                                                \
    }
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"
}

/* A line of a chat, with two fields behind it that we do not know. */
static void enc_longer_line(struct buf *b)
{
    enc_array(b, 14);
    enc_str(b, STR("id"), 36);
    enc_u64(b, 5, 0);
    enc_u64(b, 1, 0);
    enc_str(b, STR("text"), 10);
    enc_u64(b, 9, 0);
    enc_str(b, STR("model"), 10);
    enc_str(b, STR("committed"), 10);
    enc_str(b, STR("stop"), 10);
    enc_u64(b, 3, 0);
    enc_u64(b, 4, 0);
    enc_f64(b, 0.5, 0);
    enc_u64(b, 1, 0);
    enc_u64(b, 99, 0);
    enc_str(b, STR("new"), 10);
}

/* A newer sender appends: to the message and to the parts in its lists. */
static void a_newer_sender_may_append_anywhere(void **state)
{
    (void)state;
    struct buf                b = {0};
    struct history_page_reply say;

    enc_array(&b, 4); /* number, lines, more_before, from_cache: and cut to the first three */
    enc_u64(&b, MSG_HISTORY_PAGE_REPLY, 0);
    enc_array(&b, 1);
    enc_longer_line(&b);
    enc_u64(&b, 7, 0);
    enc_u64(&b, 1, 0);
    assert_int_equal(history_page_reply_decode(&say, buf_view(&b)), ERR_OK);
    assert_int_equal(say.messages_count, 1);
    assert_true(str_is(say.messages[0].status, "committed"));
    assert_true(say.messages[0].cost == 0.5);
    assert_int_equal(say.more_before, 7);
    assert_int_equal(say.from_cache, 1);
    buf_fini(&b);
}

/* A list at the very end with longer parts once leaked its rest into the fields after it. */
static void the_rest_of_a_list_is_not_read_as_the_next_field(void **state)
{
    (void)state;
    struct buf                b = {0};
    struct history_page_reply say;

    enc_array(&b, 2); /* ends with the list: more_before is missing */
    enc_u64(&b, MSG_HISTORY_PAGE_REPLY, 0);
    enc_array(&b, 1);
    enc_longer_line(&b);
    assert_int_equal(history_page_reply_decode(&say, buf_view(&b)), ERR_OK);
    assert_int_equal(say.more_before, 0);
    buf_fini(&b);
}

/* ---- golden files: what earlier versions sent ----
 *
 * GOLDEN/<message>.<version> holds a message as that version wrote it, and
 * seeds the fuzzer.  The newest file is what we write today: if this fails, a
 * shipped field changed its place, type or limit.  After appending a field, run
 * the test once with WRITE_GOLDEN=1 to add the new files. */

static void write_golden(const struct sample *s, int version)
{
    char  path[512];
    FILE *f;

    str_format(path, sizeof path, GOLDEN "/%s.%d", s->name, version);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(s->bytes.p, 1, s->bytes.len, f), s->bytes.len);
    fclose(f);
}

static bool read_golden(const struct sample *s, int version, struct buf *out)
{
    char   path[512], bytes[65536];
    FILE  *f;
    size_t len;

    str_format(path, sizeof path, GOLDEN "/%s.%d", s->name, version);
    f = fopen(path, "rb");
    if (!f)
        return false;
    len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    buf_clear(out);
    buf_add(out, bytes, len);
    return true;
}

static void each_golden_file_is_still_read_and_the_newest_is_what_we_write(void **state)
{
    (void)state;
    bool       writes = getenv("WRITE_GOLDEN") != NULL;
    struct buf golden = {0}, again = {0};

    for (size_t i = 0; i < sample_count; i++) {
        int newest = 0;
        while (read_golden(&samples[i], newest + 1, &golden)) {
            newest++;
            assert_int_equal(msg_number(buf_view(&golden)), samples[i].number);
            assert_int_equal(msg_recode(buf_view(&golden), &again), ERR_OK);
        }
        if (newest && str_eq(buf_view(&golden), buf_view(&samples[i].bytes)))
            continue;
        if (!writes)
            fail_msg("%s is not what %s.%d holds", samples[i].name, samples[i].name, newest);
        write_golden(&samples[i], newest + 1);
    }
    buf_fini(&golden);
    buf_fini(&again);
}

/* ---- limits: one field over its max, all others missing ---- */

static void over_u64(struct buf *b, uint64_t max)
{
    enc_u64(b, max + 1, 0);
}

static void over_str(struct buf *b, uint64_t max)
{
    enc_str(b, (struct str){letters, max + 1}, max + 1);
}

static void over_bin(struct buf *b, uint64_t max)
{
    enc_bin(b, (struct str){letters, max + 1}, max + 1);
}

static void over_f64(struct buf *b, uint64_t max)
{
    (void)max;
    enc_str(b, STR("not a number"), 100);
}

static void over_list(struct buf *b, uint64_t max)
{
    enc_array(b, max + 1);
    for (uint64_t i = 0; i <= max; i++)
        enc_array(b, 0);
}

/* Valid values for the fields before the one that is over. */
static void fine_u64(struct buf *b)
{
    enc_u64(b, 0, 0);
}

static void fine_f64(struct buf *b)
{
    enc_f64(b, 0, 0);
}

static void fine_str(struct buf *b)
{
    enc_str(b, (struct str){0}, 0);
}

static void fine_bin(struct buf *b)
{
    enc_bin(b, (struct str){0}, 0);
}

static bool has_limit(const char *type, uint64_t max)
{
    return max || strcmp(type, "u64") != 0;
}

/* Field number `over` of the message is over its limit. A reserved field has none: there it is a
 * value of a type that no field has. False: the message has no such field. */
#define PART(name, doc)                                                                            \
    static inline bool name##_over(struct buf *b, int over, bool *reserved)                        \
    {                                                                                              \
        int at = 0;
#define MESSAGE(num, NAME, name, doc)                                                              \
    static bool name##_over(struct buf *b, int over, bool *reserved)                               \
    {                                                                                              \
        int at = 0;                                                                                \
        enc_array(b, 2 + (size_t)over);                                                            \
        enc_u64(b, num, 0);
#define FIELD(type, name, max, doc)                                                                \
    if (at++ == over) {                                                                            \
        if (has_limit(#type, max))                                                                 \
            over_##type(b, max);                                                                   \
        else                                                                                       \
            enc_str(b, STR("not a number"), 100);                                                  \
        return true;                                                                               \
    }                                                                                              \
    fine_##type(b);
#define RESERVED(type, doc)                                                                        \
    if (at++ == over) {                                                                            \
        enc_array(b, 0);                                                                           \
        *reserved = true;                                                                          \
        return true;                                                                               \
    }                                                                                              \
    fine_##type(b);
#define LIST(part, name, max, doc)                                                                 \
    if (at++ == over) {                                                                            \
        over_list(b, max);                                                                         \
        return true;                                                                               \
    }                                                                                              \
    enc_array(b, 0);
#define PART_END                                                                                   \
    (void)b;                                                                                       \
    (void)reserved;                                                                                \
    return at < over;                                                                              \
    }
#define END                                                                                        \
    (void)at;                                                                                      \
    (void)reserved;                                                                                \
    return false;                                                                                  \
    }
#include "wire/messages.def"

static void each_field_keeps_its_limit(void **state)
{
    (void)state;
    unsigned checked = 0;
#define MESSAGE(num, NAME, name, doc)                                                              \
    for (int over = 0; over < 64; over++) {                                                        \
        struct buf   b = {0};                                                                      \
        struct name *m = mem_new(sizeof *m);                                                       \
        bool         reserved = false;                                                             \
        bool         there = name##_over(&b, over, &reserved);                                     \
        if (there)                                                                                 \
            assert_int_equal(name##_decode(m, buf_view(&b)), reserved ? ERR_OK : ERR_BAD_FRAME);   \
        checked += there;                                                                          \
        buf_fini(&b);                                                                              \
        free(m);                                                                                   \
        if (!there)                                                                                \
            break;                                                                                 \
    }
#define PART(name, doc)
#define FIELD(type, name, max, doc)
#define RESERVED(type, doc)
#define LIST(part, name, max, doc)
#define END
#define PART_END
#include "wire/messages.def"
    assert_true(checked > 100);
}

static void a_str_must_be_utf8(void **state)
{
    (void)state;
    struct buf                  b = {0};
    struct filter_check_request ask = {.text = STR("\xC3(")};

    filter_check_request_encode(&ask, &b);
    assert_int_equal(filter_check_request_decode(&ask, buf_view(&b)), ERR_BAD_FRAME);
    buf_fini(&b);
}

/* Other speakers may choose any form msgpack has for a value. */
static void every_form_of_a_number_is_read(void **state)
{
    (void)state;
    struct pong      pong;
    const struct str forms[] = {
        STR("\x92\x05\x07"), STR("\x92\xCC\x05\xCC\x07"), STR("\x92\xCD\x00\x05\xD1\x00\x07"),
        STR("\xDC\x00\x02\xCE\x00\x00\x00\x05\xD2\x00\x00\x00\x07"),
        STR("\xDD\x00\x00\x00\x02\x05\xD3\x00\x00\x00\x00\x00\x00\x00\x07")};

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        assert_int_equal(pong_decode(&pong, forms[i]), ERR_OK);
        assert_int_equal(pong.queued, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_comes_back_as_sent),
        cmocka_unit_test(each_is_refused_when_cut_at_any_byte),
        cmocka_unit_test(none_is_taken_for_another),
        cmocka_unit_test(each_is_read_from_an_older_sender),
        cmocka_unit_test(a_newer_sender_may_append_anywhere),
        cmocka_unit_test(the_rest_of_a_list_is_not_read_as_the_next_field),
        cmocka_unit_test(each_golden_file_is_still_read_and_the_newest_is_what_we_write),
        cmocka_unit_test(each_field_keeps_its_limit),
        cmocka_unit_test(a_str_must_be_utf8),
        cmocka_unit_test(every_form_of_a_number_is_read),
    };
    return cmocka_run_group_tests(tests, make_samples, drop_samples);
}
