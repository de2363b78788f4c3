/* What redis_url and pg_address promise: every good form is read, every other refused. */
#include <string.h>

#include "pg/pg_address.h"
#include "redis/redis_url.h"
#include "test.h"

/* ---- Redis ---- */

static const struct {
    const char      *text;
    struct redis_url url;
} good[] = {
    {"unix:/run/redis/redis.sock", {.path = "/run/redis/redis.sock"}},
    {"redis://localhost", {.host = "localhost", .port = 6379}},
    {"redis://10.0.0.7:7000", {.host = "10.0.0.7", .port = 7000}},
    {"redis://cache/3", {.host = "cache", .port = 6379, .database = 3}},
    {"redis://cache:7000/", {.host = "cache", .port = 7000}},
    {"redis://:pw@cache", {.host = "cache", .port = 6379, .password = "pw"}},
    {"redis://me:pw@cache:1/2",
     {.host = "cache", .port = 1, .user = "me", .password = "pw", .database = 2}},
    {"redis://:p@ss/w:rd@cache:1", {.host = "cache", .port = 1, .password = "p@ss/w:rd"}},
    {"redis://[::1]", {.host = "::1", .port = 6379}},
    {"redis://[fe80::1]:7000/1", {.host = "fe80::1", .port = 7000, .database = 1}},
};

static bool same(const char *a, const char *b)
{
    return str_eq(str_of(a), str_of(b));
}

static void good_urls_are_read(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(good); i++) {
        struct redis_url u, want = good[i].url;
        assert_true(redis_url_read(&u, str_of(good[i].text)));
        assert_true(same(u.path, want.path) && same(u.host, want.host));
        assert_true(same(u.user, want.user) && same(u.password, want.password));
        assert_int_equal(u.database, want.database);
        assert_int_equal(u.port, want.port);
        redis_url_fini(&u);
    }
}

static void other_urls_are_refused(void **state)
{
    (void)state;
    const char *bad[] = {"",
                         "unix:",
                         "unix:relative",
                         "redis://",
                         "redis://:80",
                         "redis://host:",
                         "redis://host:0",
                         "redis://host:65536",
                         "redis://host:x",
                         "redis://host/x",
                         "redis://user@host",
                         "redis://[::1",
                         "redis://[::1]7000",
                         "rediss://host",
                         "http://host"};

    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        struct redis_url u;
        assert_false(redis_url_read(&u, str_of(bad[i])));
        assert_null(u.host);
    }
}

/* ---- Postgres ---- */

static const char *const *keywords, *const *values;

static const char *option(const char *keyword)
{
    const char *found = NULL;

    for (unsigned i = 0; keywords[i]; i++)
        if (strcmp(keywords[i], keyword) == 0)
            found = values[i];
    return found;
}

static struct pg_address *address_of(const char *text)
{
    struct pg_address *a = NULL;
    struct buf         fault = {0};

    assert_true(pg_address_read(&a, text, &fault));
    pg_address_begin(a);
    return a;
}

static void names_become_all_their_numbers(void **state)
{
    (void)state;
    struct pg_address *a = address_of("postgresql://me:pw@db,other:6000/chat");
    struct resolved    two = {.count = 2, .address = {"10.0.0.1", "fd00::1"}};
    struct resolved    one = {.count = 1, .address = {"10.0.0.9"}};

    assert_string_equal(pg_address_name(a), "db");
    pg_address_found(a, &two);
    assert_string_equal(pg_address_name(a), "other");
    pg_address_found(a, &one);
    assert_null(pg_address_name(a));
    assert_true(pg_address_options(a, &keywords, &values));
    assert_string_equal(option("host"), "db,db,other");
    assert_string_equal(option("hostaddr"), "10.0.0.1,fd00::1,10.0.0.9");
    assert_string_equal(option("port"), ",,6000");
    assert_string_equal(option("user"), "me");
    assert_string_equal(option("password"), "pw");
    assert_string_equal(option("dbname"), "chat");
    assert_string_equal(option("target_session_attrs"), "read-write");
    pg_address_free(&a);
}

static void numbers_and_sockets_are_not_resolved(void **state)
{
    (void)state;
    struct pg_address *a = address_of("host=/run/pg,10.0.0.1,::1,@abstract port=7 user=chat");

    assert_null(pg_address_name(a));
    assert_true(pg_address_options(a, &keywords, &values));
    assert_string_equal(option("host"), "/run/pg,10.0.0.1,::1,@abstract");
    assert_string_equal(option("hostaddr"), ",10.0.0.1,::1,");
    assert_string_equal(option("port"), "7,7,7,7");
    pg_address_free(&a);
}

static void it_is_resolved_anew_each_time(void **state)
{
    (void)state;
    struct pg_address *a = address_of("host=db");
    struct resolved    none = {.failed = true};
    struct resolved    one = {.count = 1, .address = {"10.0.0.9"}};

    assert_non_null(pg_address_name(a));
    pg_address_found(a, &none);
    assert_null(pg_address_name(a));
    assert_false(pg_address_options(a, &keywords, &values));
    pg_address_begin(a);
    assert_non_null(pg_address_name(a));
    pg_address_found(a, &one);
    assert_true(pg_address_options(a, &keywords, &values));
    assert_string_equal(option("hostaddr"), "10.0.0.9");
    pg_address_free(&a);
}

static void what_the_settings_say_stays(void **state)
{
    (void)state;
    struct pg_address *a = address_of("host=db hostaddr=10.1.1.1 application_name=mine"
                                      " target_session_attrs=any keepalives_idle=60");

    assert_null(pg_address_name(a));
    assert_true(pg_address_options(a, &keywords, &values));
    assert_string_equal(option("hostaddr"), "10.1.1.1");
    assert_string_equal(option("application_name"), "mine");
    assert_string_equal(option("target_session_attrs"), "any");
    assert_string_equal(option("keepalives_idle"), "60");
    pg_address_free(&a);
}

static void a_fault_does_not_show_the_password(void **state)
{
    (void)state;
    struct pg_address *a = NULL;
    struct buf         fault = {0};

    assert_false(pg_address_read(&a, "host=db password=secret nonsense=1 x", &fault));
    assert_null(strstr(fault.p, "secret"));
    assert_true(fault.len > 0);
    buf_clear(&fault);
    assert_false(pg_address_read(&a, "host=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", &fault));
    buf_fini(&fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_urls_are_read),
        cmocka_unit_test(other_urls_are_refused),
        cmocka_unit_test(names_become_all_their_numbers),
        cmocka_unit_test(numbers_and_sockets_are_not_resolved),
        cmocka_unit_test(it_is_resolved_anew_each_time),
        cmocka_unit_test(what_the_settings_say_stays),
        cmocka_unit_test(a_fault_does_not_show_the_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
