/* What session promises: only we make cookies and tokens. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "session/pseudonym.h"
#include "session/session.h"
#include "test.h"

#define KEY_A "a1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define KEY_B "b2 HxACAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define ID    "99999999-2222-4333-8444-555555555555"

static struct seal_ring ring(const char *text)
{
    struct seal_ring r;
    struct buf       fault = {0};

    assert_true(seal_ring_read(&r, str_of(text), &fault));
    buf_fini(&fault);
    return r;
}

static struct uuid id(void)
{
    struct uuid u;
    assert_true(uuid_parse(&u, STR(ID)));
    return u;
}

/* The value of the cookie that session_write makes; free() it. */
static char *cookie(const struct seal_ring *r, const char *account, bool is_tls)
{
    struct buf  line = {0};
    struct uuid who = id();

    session_write(r, &who, account, is_tls, &line);
    char  *start = strchr(line.p, '=') + 1;
    size_t len = strcspn(start, ";");
    char  *value = str_dup((struct str){start, len});
    buf_fini(&line);
    return value;
}

static void a_cookie_names_its_session(void **state)
{
    (void)state;
    struct seal_ring r = ring(KEY_A);
    struct uuid      who;
    char            *value = cookie(&r, "", false);

    assert_true(session_read(&r, str_of(value), "", &who));
    assert_string_equal(who.text, ID);
    free(value);
}

static void a_cookie_is_out_of_the_page_s_reach(void **state)
{
    (void)state;
    struct seal_ring r = ring(KEY_A);
    struct uuid      who = id();
    struct buf       plain = {0}, tls = {0};

    session_write(&r, &who, "", false, &plain);
    session_write(&r, &who, "", true, &tls);
    assert_true(str_starts(buf_view(&plain), "session=" ID ".a1."));
    assert_true(str_starts(buf_view(&tls), "__Host-session=" ID ".a1."));
    assert_non_null(strstr(plain.p, "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"));
    assert_null(strstr(plain.p, "Secure"));
    assert_non_null(strstr(tls.p, "; HttpOnly; SameSite=Lax; Secure"));
    assert_null(strstr(tls.p, "Domain"));
    buf_fini(&plain);
    buf_fini(&tls);
}

static void any_changed_byte_makes_a_stranger_of_it(void **state)
{
    (void)state;
    struct seal_ring r = ring(KEY_A);
    struct uuid      who;
    char            *value = cookie(&r, "", false);
    size_t           len = strlen(value);

    for (size_t i = 0; i < len; i++) {
        char *changed = malloc(len); /* of exactly this size: reading behind it is seen */
        memcpy(changed, value, len);
        changed[i] = changed[i] == 'x' ? 'y' : 'x';
        assert_false(session_read(&r, (struct str){changed, len}, "", &who));
        assert_int_equal(who.text[0], 0);
        free(changed);
    }
    for (size_t cut = 0; cut < len; cut++) {
        char *part = malloc(cut ? cut : 1);
        memcpy(part, value, cut);
        assert_false(session_read(&r, (struct str){part, cut}, "", &who));
        free(part);
    }
    free(value);
}

static void a_key_that_was_first_before_still_counts(void **state)
{
    (void)state;
    struct seal_ring old = ring(KEY_A), both = ring(KEY_B KEY_A), new = ring(KEY_B);
    struct uuid      who;
    char            *value = cookie(&old, "", false), *fresh = cookie(&both, "", false);

    assert_true(session_read(&both, str_of(value), "", &who));
    assert_false(session_read(&new, str_of(value), "", &who));
    assert_true(session_read(&new, str_of(fresh), "", &who));
    free(value);
    free(fresh);
}

static void a_token_belongs_to_one_session_and_one_purpose(void **state)
{
    (void)state;
    struct seal_ring r = ring(KEY_A);
    struct uuid      who = id(), other = uuid_new();
    struct buf       token = {0};
    char            *value = cookie(&r, "", false);

    session_csrf(&r, &who, "", &token);
    assert_true(session_csrf_is(&r, &who, "", buf_view(&token)));
    assert_false(session_csrf_is(&r, &other, "", buf_view(&token)));
    assert_false(session_csrf_is(&r, &who, "", (struct str){0}));
    assert_false(session_csrf_is(&r, &who, "", STR("a1.")));
    assert_false(
        session_csrf_is(&r, &who, "", str_of(value + UUID_LEN + 1))); /* the cookie's MAC */
    buf_fini(&token);
    free(value);
}

static void what_was_given_to_one_account_is_nothing_to_another(void **state)
{
    (void)state;
    static const char *const holders[] = {"", "aa", "ab", "aaa"};
    struct seal_ring         r = ring(KEY_A);
    struct uuid              who = id(), found;

    for (unsigned i = 0; i < COUNT_OF(holders); i++) {
        char      *value = cookie(&r, holders[i], false);
        struct buf token = {0};
        session_csrf(&r, &who, holders[i], &token);
        for (unsigned k = 0; k < COUNT_OF(holders); k++) {
            assert_int_equal(session_read(&r, str_of(value), holders[k], &found), i == k);
            assert_int_equal(found.text[0] != 0, i == k);
            assert_int_equal(session_csrf_is(&r, &who, holders[k], buf_view(&token)), i == k);
        }
        buf_fini(&token);
        free(value);
    }
}

static void cookies_are_found_by_their_whole_name(void **state)
{
    (void)state;
    assert_true(str_is(session_cookie(STR("a=1; session=x.y ; b=2"), "session"), "x.y"));
    assert_true(str_is(session_cookie(STR("mysession=no;session=yes"), "session"), "yes"));
    assert_true(str_is(session_cookie(STR("session2=no; session="), "session"), ""));
    assert_null(session_cookie(STR("session"), "session").p);
    assert_null(session_cookie(STR(";;;"), "session").p);
    assert_null(session_cookie((struct str){0}, "session").p);
}

static void pseudonyms_are_stable_and_apart(void **state)
{
    (void)state;
    struct seal_ring a = ring(KEY_A), b = ring(KEY_B);
    struct uuid      who = id(), other = uuid_new();
    char             one[PSEUDONYM_SIZE], two[PSEUDONYM_SIZE];

    pseudonym_of_address(one, &a, STR("10.0.0.1"));
    pseudonym_of_address(two, &a, STR("10.0.0.1"));
    assert_string_equal(one, two);
    assert_int_equal(strlen(one), 32);
    pseudonym_of_address(two, &a, STR("10.0.0.2"));
    assert_string_not_equal(one, two);
    pseudonym_of_address(two, &b, STR("10.0.0.1"));
    assert_string_not_equal(one, two);
    pseudonym_of_session(one, &who);
    pseudonym_of_session(two, &other);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_names_its_session),
        cmocka_unit_test(a_cookie_is_out_of_the_page_s_reach),
        cmocka_unit_test(any_changed_byte_makes_a_stranger_of_it),
        cmocka_unit_test(a_key_that_was_first_before_still_counts),
        cmocka_unit_test(a_token_belongs_to_one_session_and_one_purpose),
        cmocka_unit_test(what_was_given_to_one_account_is_nothing_to_another),
        cmocka_unit_test(cookies_are_found_by_their_whole_name),
        cmocka_unit_test(pseudonyms_are_stable_and_apart),
    };
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
