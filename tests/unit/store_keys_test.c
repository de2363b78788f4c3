/* What keys promises: names that never change, one slot for a session. */
#include <string.h>

#include "base/random.h"
#include "redis/keys.h"
#include "test.h"

static struct uuid session, turn;

static void names_do_not_change(void **state)
{
    (void)state;
    assert_string_equal(keys_session(&session).text,
                        "automotive_chat:{b20}:11111111-2222-4333-8444-555555555555:session");
    assert_string_equal(keys_turns(&session).text,
                        "automotive_chat:{b20}:11111111-2222-4333-8444-555555555555:turns");
    assert_string_equal(keys_session_limit(&session, "chat").text,
                        "automotive_chat:{b20}:11111111-2222-4333-8444-555555555555:limit:chat");
    assert_string_equal(keys_address_limit(STR("an address"), "key_test").text,
                        "automotive_chat:{a19}:an address:limit:key_test");
}

static void a_bucket_lies_beside_its_sessions(void **state)
{
    (void)state;
    unsigned bucket = keys_session_bucket(&session);

    assert_string_equal(keys_of_bucket(bucket, "spool").text, "automotive_chat:{b20}:spool");
    assert_string_equal(keys_spooled(&session).text,
                        "automotive_chat:{b20}:11111111-2222-4333-8444-555555555555:spooled");
    assert_string_equal(keys_window(&session).text,
                        "automotive_chat:{b20}:11111111-2222-4333-8444-555555555555:window");
}

static void an_answer_begins_like_all_answers_of_its_session(void **state)
{
    (void)state;
    struct key answers = keys_answers(&session), answer = keys_answer(&session, &turn);

    assert_memory_equal(answer.text, answers.text, strlen(answers.text));
    assert_string_equal(answer.text + strlen(answers.text), turn.text);
}

static void buckets_are_used_evenly(void **state)
{
    (void)state;
    unsigned used[KEYS_BUCKETS] = {0};

    for (unsigned i = 0; i < 100 * KEYS_BUCKETS; i++) {
        struct uuid id = uuid_new();
        unsigned    bucket = keys_bucket(uuid_str(&id));
        assert_in_range(bucket, 0, KEYS_BUCKETS - 1);
        used[bucket]++;
    }
    for (unsigned i = 0; i < KEYS_BUCKETS; i++)
        assert_in_range(used[i], 30, 200);
}

static void the_longest_names_fit(void **state)
{
    (void)state;
    char hash[65] = {0};

    memset(hash, 'f', 64);
    assert_true(strlen(keys_address_limit(str_of(hash), "key_test").text) < sizeof(struct key));
    assert_true(strlen(keys_answer(&session, &turn).text) < sizeof(struct key));
}

int main(void)
{
    random_init();
    if (!uuid_parse(&session, STR("11111111-2222-4333-8444-555555555555")))
        return 1;
    turn = uuid_new();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_do_not_change),
        cmocka_unit_test(a_bucket_lies_beside_its_sessions),
        cmocka_unit_test(an_answer_begins_like_all_answers_of_its_session),
        cmocka_unit_test(buckets_are_used_evenly),
        cmocka_unit_test(the_longest_names_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
