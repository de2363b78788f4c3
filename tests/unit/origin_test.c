/* What origin promises: other sites change nothing here. */
#include "http/origin.h"
#include "test.h"

static bool ours(const char *public_origin, bool is_tls, const char *host, const char *origin,
                 const char *site)
{
    struct origin_headers a = {.public_origin = public_origin,
                               .is_tls = is_tls,
                               .host = str_of(host),
                               .origin = str_of(origin),
                               .fetch_site = str_of(site)};
    return origin_is_ours(&a);
}

static void programs_that_send_neither_pass(void **state)
{
    (void)state;
    assert_true(ours("", false, "chat:8080", NULL, NULL));
    assert_true(ours("https://chat.example", true, "inner", NULL, NULL));
}

static void our_own_page_passes(void **state)
{
    (void)state;
    assert_true(ours("", false, "chat:8080", "http://chat:8080", "same-origin"));
    assert_true(ours("", true, "chat", "https://chat", NULL));
    assert_true(ours("https://chat.example", true, "inner:80", "https://chat.example", "none"));
}

static void others_do_not(void **state)
{
    (void)state;
    assert_false(ours("", false, "chat:8080", "http://evil.example", NULL));
    assert_false(ours("", false, "chat:8080", "http://chat", NULL));
    assert_false(ours("", true, "chat", "http://chat", NULL));
    assert_false(ours("", false, "chat", "null", NULL));
    assert_false(ours("", false, "chat", "", NULL));
    assert_false(ours("", false, "", "http://", NULL));
    assert_false(ours("", false, NULL, "http://", NULL));
    assert_false(ours("https://chat.example", true, "evil", "https://evil", NULL));
    assert_false(
        ours("https://chat.example", true, "chat.example", "https://chat.example.evil", NULL));
    assert_false(ours("", false, "chat", "http://chat, http://evil", NULL));
}

static void the_browser_s_own_word_counts_too(void **state)
{
    (void)state;
    assert_false(ours("", false, "chat", NULL, "cross-site"));
    assert_false(ours("", false, "chat", "http://chat", "same-site"));
    assert_false(ours("", false, "chat", NULL, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_that_send_neither_pass),
        cmocka_unit_test(our_own_page_passes),
        cmocka_unit_test(others_do_not),
        cmocka_unit_test(the_browser_s_own_word_counts_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
