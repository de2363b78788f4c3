/* What client promises: nobody talks themselves into another address. */
#include <string.h>

#include "http/client.h"
#include "test.h"

static struct networks proxies(const char *text)
{
    struct networks n;
    struct buf      fault = {0};

    if (!networks_read(&n, str_of(text), &fault))
        fail_msg("%s: %s", text, fault.p);
    return n;
}

static void is_client(const char *trusted, const char *peer, const char *forwarded,
                      const char *wanted)
{
    struct networks n = proxies(trusted);
    struct client   c = client_of(&n, str_of(peer), str_of(forwarded), (struct str){0});
    assert_string_equal(c.address, wanted);
}

static void a_stranger_s_headers_do_not_count(void **state)
{
    (void)state;
    struct networks n = proxies("10.0.0.0/8");
    struct client   c = client_of(&n, STR("8.8.8.8"), STR("1.2.3.4"), STR("https"));

    assert_string_equal(c.address, "8.8.8.8");
    assert_false(c.is_tls);
    is_client("", "10.0.0.1", "1.2.3.4", "10.0.0.1");
}

static void a_trusted_proxy_tells_who_came_to_it(void **state)
{
    (void)state;
    struct networks n = proxies("10.0.0.0/8");
    struct client   c = client_of(&n, STR("10.1.1.1"), STR("1.2.3.4"), STR("https"));

    assert_string_equal(c.address, "1.2.3.4");
    assert_true(c.is_tls);
    c = client_of(&n, STR("10.1.1.1"), STR("1.2.3.4"), STR("https, http"));
    assert_true(c.is_tls); /* the browser's hop is the first */
    c = client_of(&n, STR("10.1.1.1"), STR("1.2.3.4"), STR("httpsx"));
    assert_false(c.is_tls);
}

static void what_the_client_itself_wrote_is_not_believed(void **state)
{
    (void)state;
    is_client("10.0.0.0/8", "10.1.1.1", "6.6.6.6, 1.2.3.4", "1.2.3.4");
    is_client("10.0.0.0/8", "10.1.1.1", "6.6.6.6, 1.2.3.4, 10.2.2.2", "1.2.3.4");
}

static void a_list_that_ends_or_is_nonsense_stops_at_the_last_good_hop(void **state)
{
    (void)state;
    is_client("10.0.0.0/8", "10.1.1.1", NULL, "10.1.1.1");
    is_client("10.0.0.0/8", "10.1.1.1", "", "10.1.1.1");
    is_client("10.0.0.0/8", "10.1.1.1", "10.9.9.9", "10.9.9.9");
    is_client("10.0.0.0/8", "10.1.1.1", "1.2.3.4, unknown", "10.1.1.1");
    is_client("10.0.0.0/8", "10.1.1.1", "1.2.3.4,", "10.1.1.1");
    is_client("10.0.0.0/8", "10.1.1.1", "1.2.3.4:5678", "10.1.1.1");
}

static void networks_hold_what_they_say(void **state)
{
    (void)state;
    struct networks n = proxies(" 192.168.4.0/22, 10.0.0.1 ,fd00::/8,2001:db8::1");

    assert_true(networks_contain(&n, STR("192.168.4.0")) &&
                networks_contain(&n, STR("192.168.7.255")));
    assert_false(networks_contain(&n, STR("192.168.8.0")) ||
                 networks_contain(&n, STR("192.168.3.255")));
    assert_true(networks_contain(&n, STR("10.0.0.1")));
    assert_false(networks_contain(&n, STR("10.0.0.2")));
    assert_true(networks_contain(&n, STR("fdff::1")) && networks_contain(&n, STR("2001:db8::1")));
    assert_false(networks_contain(&n, STR("fe00::1")) || networks_contain(&n, STR("2001:db8::2")));
    assert_true(
        networks_contain(&n, STR("::ffff:10.0.0.1"))); /* the same address, written as IPv6 */
    assert_false(networks_contain(&n, STR("")) || networks_contain(&n, STR("localhost")));

    n = proxies("0.0.0.0/0");
    assert_true(networks_contain(&n, STR("8.8.8.8")));
    assert_false(networks_contain(&n, STR("2001:db8::1")));
    n = proxies("::/0");
    assert_true(networks_contain(&n, STR("8.8.8.8")) && networks_contain(&n, STR("::1")));
}

static void faulty_networks_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0/8",          "fd00::/129",
                                      "example.org", "10.0.0.1/",         "10.0.0.1/-1",
                                      "10.0.0.1/8x", "10.0.0.1,,10.0.0.2"};

    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        struct networks n;
        struct buf      fault = {0};
        assert_false(networks_read(&n, str_of(bad[i]), &fault));
        assert_true(fault.len > 0);
        buf_fini(&fault);
    }
}

static void an_ipv6_customer_is_counted_as_one(void **state)
{
    (void)state;
    struct client one = {.address = "2001:db8:1:2:3:4:5:6"},
                  two = {.address = "2001:db8:1:2:ffff::1"}, four = {.address = "10.1.2.3"};
    char a[NETWORKS_ADDRESS_SIZE], b[NETWORKS_ADDRESS_SIZE];

    assert_true(str_eq(client_network(&one, a), client_network(&two, b)));
    assert_string_equal(a, "2001:db8:1:2::");
    assert_true(str_is(client_network(&four, a), "10.1.2.3"));
}

static void an_ipv4_address_is_the_same_as_ipv6(void **state)
{
    (void)state;
    struct client one = {.address = "::ffff:10.1.2.3"}, two = {.address = "::FFFF:a01:203"};
    char          a[NETWORKS_ADDRESS_SIZE], b[NETWORKS_ADDRESS_SIZE];

    assert_true(str_is(client_network(&one, a), "10.1.2.3"));
    assert_true(str_is(client_network(&two, b), "10.1.2.3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_s_headers_do_not_count),
        cmocka_unit_test(a_trusted_proxy_tells_who_came_to_it),
        cmocka_unit_test(what_the_client_itself_wrote_is_not_believed),
        cmocka_unit_test(a_list_that_ends_or_is_nonsense_stops_at_the_last_good_hop),
        cmocka_unit_test(networks_hold_what_they_say),
        cmocka_unit_test(faulty_networks_are_named),
        cmocka_unit_test(an_ipv6_customer_is_counted_as_one),
        cmocka_unit_test(an_ipv4_address_is_the_same_as_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
