/* What account promises: nobody is taken for somebody they did not sign in as. */
#include <string.h>

#include "session/account.h"
#include "test.h"

static struct networks       proxies;
static const struct seal_key key_a = {"a", {1, 2, 3}}, key_b = {"b", {1, 2, 4}};

static struct account_rules rules(enum account_auth auth)
{
    struct buf fault = {0};

    assert_true(networks_read(&proxies, STR("10.0.0.0/8"), &fault));
    return (struct account_rules){auth, "", &proxies, &key_a};
}

static enum err find(const struct account_rules *r, const char *peer, struct str name,
                     char *account)
{
    memset(account, 'x', ACCOUNT_SIZE);
    return account_find(r, str_of(peer), name, account);
}

static void is_refused(struct str name)
{
    struct account_rules r = rules(ACCOUNT_AUTH_PROXY);
    char                 account[ACCOUNT_SIZE];

    assert_int_equal(find(&r, "10.1.1.1", name, account), ERR_BAD_REQUEST);
    assert_string_equal(account, "");
}

static void a_trusted_proxy_says_who_it_is(void **state)
{
    (void)state;
    struct account_rules r = rules(ACCOUNT_AUTH_PROXY);
    char                 ann[ACCOUNT_SIZE], again[ACCOUNT_SIZE], bob[ACCOUNT_SIZE];

    assert_int_equal(find(&r, "10.1.1.1", STR("ann@a.example"), ann), ERR_OK);
    assert_int_equal(find(&r, "10.2.2.2", STR("ann@a.example"), again), ERR_OK);
    assert_int_equal(find(&r, "10.1.1.1", STR("bob"), bob), ERR_OK);
    assert_int_equal(strlen(ann), 64);
    assert_string_equal(ann, again);
    assert_string_not_equal(ann, bob);
}

static void another_address_s_word_does_not_count(void **state)
{
    (void)state;
    struct account_rules proxy = rules(ACCOUNT_AUTH_PROXY), required = rules(ACCOUNT_AUTH_REQUIRED);
    char                 account[ACCOUNT_SIZE];

    assert_int_equal(find(&proxy, "11.1.1.1", STR("ann"), account), ERR_OK);
    assert_string_equal(account, "");
    assert_int_equal(find(&required, "11.1.1.1", STR("ann"), account), ERR_SIGN_IN);
    assert_string_equal(account, "");
}

static void without_a_name_only_required_refuses(void **state)
{
    (void)state;
    struct account_rules proxy = rules(ACCOUNT_AUTH_PROXY), required = rules(ACCOUNT_AUTH_REQUIRED);
    char                 account[ACCOUNT_SIZE];

    assert_int_equal(find(&proxy, "10.1.1.1", (struct str){0}, account), ERR_OK);
    assert_string_equal(account, "");
    assert_int_equal(find(&required, "10.1.1.1", (struct str){0}, account), ERR_SIGN_IN);
}

static void switched_off_no_name_counts(void **state)
{
    (void)state;
    struct account_rules r = rules(ACCOUNT_AUTH_OFF);
    char                 account[ACCOUNT_SIZE];

    assert_int_equal(find(&r, "10.1.1.1", STR("ann"), account), ERR_OK);
    assert_string_equal(account, "");
    assert_int_equal(find(&r, "10.1.1.1", STR(""), account), ERR_OK);
}

static void what_is_no_single_name_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"",       "ann, bob", "ann,", " ann",        "ann ",
                                        "a\tnn",  "a\x7fn",   "a\nn", "\xff",        "\xc0\xaf",
                                        "a\x01n", "ann,bob",  ", ",   "\xed\xa0\x80"};
    char                     longest[ACCOUNT_NAME_MAX + 1];

    for (unsigned i = 0; i < COUNT_OF(names); i++)
        is_refused((struct str){names[i], strlen(names[i])});
    is_refused(STR("a\0b"));
    memset(longest, 'a', sizeof longest);
    is_refused((struct str){longest, sizeof longest});
    struct account_rules r = rules(ACCOUNT_AUTH_PROXY);
    char                 account[ACCOUNT_SIZE];
    assert_int_equal(find(&r, "10.1.1.1", (struct str){longest, ACCOUNT_NAME_MAX}, account),
                     ERR_OK);
    assert_int_equal(find(&r, "10.1.1.1", STR("Jörg von der Tann"), account), ERR_OK);
}

static void issuer_and_key_are_part_of_it(void **state)
{
    (void)state;
    struct account_rules r = rules(ACCOUNT_AUTH_PROXY), other = r, rekeyed = r;
    char                 one[ACCOUNT_SIZE], two[ACCOUNT_SIZE];

    other.issuer = "https://id.example";
    rekeyed.key = &key_b;
    assert_int_equal(find(&r, "10.1.1.1", STR("ann"), one), ERR_OK);
    assert_int_equal(find(&other, "10.1.1.1", STR("ann"), two), ERR_OK);
    assert_string_not_equal(one, two);
    assert_int_equal(find(&rekeyed, "10.1.1.1", STR("ann"), two), ERR_OK);
    assert_string_not_equal(one, two);
    other.issuer = "a";
    r.issuer = "ab";
    assert_int_equal(find(&other, "10.1.1.1", STR("bc"), one), ERR_OK);
    assert_int_equal(find(&r, "10.1.1.1", STR("c"), two), ERR_OK);
    assert_string_not_equal(one, two);
}

static void the_setting_is_one_of_three_words(void **state)
{
    (void)state;
    enum account_auth auth = ACCOUNT_AUTH_OFF;

    assert_true(account_auth_read(&auth, STR("required")));
    assert_int_equal(auth, ACCOUNT_AUTH_REQUIRED);
    assert_true(account_auth_read(&auth, STR("proxy")));
    assert_int_equal(auth, ACCOUNT_AUTH_PROXY);
    assert_false(account_auth_read(&auth, STR("on")));
    assert_false(account_auth_read(&auth, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trusted_proxy_says_who_it_is),
        cmocka_unit_test(another_address_s_word_does_not_count),
        cmocka_unit_test(without_a_name_only_required_refuses),
        cmocka_unit_test(switched_off_no_name_counts),
        cmocka_unit_test(what_is_no_single_name_is_refused),
        cmocka_unit_test(issuer_and_key_are_part_of_it),
        cmocka_unit_test(the_setting_is_one_of_three_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
