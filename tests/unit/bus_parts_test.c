/* What the small parts of the bus promise: id_table, retry_budget, queue, allow, gateways. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bus/backend/gateways.h"
#include "bus/common/allow.h"
#include "bus/common/id_table.h"
#include "bus/common/prng.h"
#include "bus/common/queue.h"
#include "bus/common/retry_budget.h"
#include "test.h"

/* ---- id_table ---- */

static void a_value_is_found_until_it_is_taken(void **state)
{
    (void)state;
    struct id_table t = {0};
    int             a, b;

    assert_null(id_table_find(&t, 1));
    assert_null(id_table_take(&t, 1));
    id_table_add(&t, 1, &a);
    id_table_add(&t, 0, &b);
    assert_ptr_equal(id_table_find(&t, 1), &a);
    assert_ptr_equal(id_table_take(&t, 1), &a);
    assert_null(id_table_find(&t, 1));
    assert_ptr_equal(id_table_take_any(&t), &b);
    assert_null(id_table_take_any(&t));
    id_table_fini(&t);
}

/* Compared with an array. */
static void a_table_agrees_with_an_array(void **state)
{
    (void)state;
    enum { IDS = 300 };
    struct id_table t = {0};
    struct prng     prng = {7};
    char            things[IDS];
    bool            in[IDS] = {false};

    for (unsigned i = 0; i < 20000; i++) {
        unsigned n = (unsigned)prng_below(&prng, IDS);
        uint64_t id = (uint64_t)n << 20; /* many with the same low bits */
        if (prng_below(&prng, 2) && !in[n]) {
            id_table_add(&t, id, &things[n]);
            in[n] = true;
        } else {
            assert_ptr_equal(id_table_take(&t, id), in[n] ? &things[n] : NULL);
            in[n] = false;
        }
    }
    for (unsigned n = 0; n < IDS; n++)
        assert_ptr_equal(id_table_find(&t, (uint64_t)n << 20), in[n] ? &things[n] : NULL);
    id_table_fini(&t);
}

/* ---- retry_budget ---- */

static unsigned take_all(struct retry_budget *b, uint64_t now)
{
    unsigned taken = 0;
    while (retry_budget_take(b, now))
        taken++;
    return taken;
}

static void ten_first_attempts_earn_a_retry(void **state)
{
    (void)state;
    struct retry_budget b;

    retry_budget_init(&b, 0);
    assert_int_equal(take_all(&b, 0), 100); /* what is saved at the start */
    for (unsigned i = 0; i < 9; i++)
        retry_budget_earn(&b);
    assert_false(retry_budget_take(&b, 0));
    retry_budget_earn(&b);
    assert_true(retry_budget_take(&b, 0));
    assert_false(retry_budget_take(&b, 0));
}

static void a_second_earns_three_retries(void **state)
{
    (void)state;
    struct retry_budget b;

    retry_budget_init(&b, 0);
    take_all(&b, 0);
    assert_int_equal(take_all(&b, 1000), 3);
    assert_int_equal(take_all(&b, 3600 * 1000), 100); /* savings are capped */
}

/* ---- queue ---- */

static void the_oldest_is_served_first(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry a = {0}, b = {0};

    queue_init(&q, 10, true, 0);
    queue_add(&q, &a, 10);
    queue_add(&q, &b, 20);
    assert_ptr_equal(queue_next(&q, 30), &a);
    assert_int_equal(queue_position(&q, &b, 30), 2);
    assert_int_equal(queue_oldest_ms(&q, 30), 20);
    queue_serve(&q, &a);
    assert_ptr_equal(queue_next(&q, 30), &b);
    queue_remove(&q, &b);
    assert_null(queue_next(&q, 30));
}

static void an_entry_put_back_keeps_its_position(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry a = {0}, b = {0}, c = {0};

    queue_init(&q, 10, false, 0);
    queue_add(&q, &a, 1);
    queue_add(&q, &b, 2);
    queue_add(&q, &c, 3);
    queue_serve(&q, &b);
    queue_put_back(&q, &b, 5);
    assert_int_equal(queue_position(&q, &b, 5), 2);
}

static void a_full_queue_admits_nothing(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry a = {0};

    queue_init(&q, 1, true, 0);
    assert_true(queue_has_room(&q, 0, 100));
    queue_add(&q, &a, 0);
    assert_false(queue_has_room(&q, 0, 100));
}

/* A queue that serves one entry in 100 ms: the rate is known after 16 of them. */
static void an_entry_that_cannot_be_served_in_time_is_not_admitted(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry w[19] = {0};
    uint64_t           now = 0;

    queue_init(&q, 20, false, 0);
    for (unsigned i = 0; i < 19; i++)
        queue_add(&q, &w[i], now);
    for (unsigned i = 0; i < 15; i++)
        queue_serve(&q, &w[i]);
    now += 1500;
    assert_true(queue_has_room(&q, now, 1));
    queue_serve(&q, &w[15]);
    now += 100;
    assert_int_equal(queue_wait_ms(&q, now), 400);
    assert_true(queue_has_room(&q, now, 400));
    assert_false(queue_has_room(&q, now, 399));
}

static void a_halt_of_minutes_counts_as_one(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry a = {0}, b = {0};

    queue_init(&q, 10, false, 0);
    queue_add(&q, &a, 0);
    for (uint64_t now = 0; now <= 59950; now += 50)
        queue_tick(&q, now, true);
    assert_true(queue_has_room(&q, 59999, 1)); /* perhaps all replies are long */
    assert_false(queue_has_room(&q, 60000, 100000));
    queue_serve(&q, &a);
    queue_add(&q, &b, 60001); /* the rate of an earlier queue does not count */
    assert_true(queue_has_room(&q, 60001, 1));
}

/* 64 slots that were all filled at once, each for 20 s, and 36 more in the queue:
 * those wait for 20 s, not 36 times as long. */
static void slots_freed_together_do_not_count_as_a_halt(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry w[36] = {0};
    unsigned           at = 0;

    queue_init(&q, 100, false, 0);
    for (unsigned i = 0; i < 36; i++)
        queue_add(&q, &w[i], 0);
    for (uint64_t now = 0; now < 200000; now += 50) {
        assert_true(queue_has_room(&q, now, 180000));
        while (now % 20000 == 19950 && q.count > 1)
            queue_serve(&q, queue_next(&q, now));
        while (now % 20000 == 19950 && q.count < 36)
            if (!w[at = (at + 1) % 36].is_queued)
                queue_add(&q, &w[at], now);
        queue_tick(&q, now, true);
    }
}

static void a_queue_without_instances_is_not_slow(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry w[3] = {0};

    queue_init(&q, 10, true, 0);
    for (unsigned i = 0; i < 3; i++)
        queue_add(&q, &w[i], 0);
    queue_serve(&q, &w[0]);
    for (uint64_t now = 10; now < 3000; now += 50)
        queue_tick(&q, now, false);
    assert_true(queue_has_room(&q, 3000, 1000));
    assert_ptr_equal(queue_next(&q, 3000), &w[1]);
    assert_null(queue_overdue(&q, 3000));
}

static void stand_for(struct queue *q, uint64_t ms)
{
    for (uint64_t now = 0; now <= ms; now += 50)
        queue_tick(q, now, true);
}

static void an_overloaded_queue_is_lifo_and_drops_the_oldest(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry a = {0}, b = {0};

    queue_init(&q, 10, true, 0);
    queue_add(&q, &a, 0);
    stand_for(&q, 1500);
    queue_add(&q, &b, 1500);
    assert_ptr_equal(queue_next(&q, 1500), &b);
    assert_int_equal(queue_position(&q, &b, 1500), 1);
    assert_ptr_equal(queue_overdue(&q, 1500), &a);
    queue_remove(&q, &a);
    assert_null(queue_overdue(&q, 1500));
}

static void a_queue_with_visible_positions_stays_fifo(void **state)
{
    (void)state;
    struct queue       q;
    struct queue_entry a = {0}, b = {0};

    queue_init(&q, 10, false, 0);
    queue_add(&q, &a, 0);
    stand_for(&q, 20000);
    queue_add(&q, &b, 20000);
    assert_ptr_equal(queue_next(&q, 20000), &a);
    assert_null(queue_overdue(&q, 20000));
}

/* ---- allow ---- */

#define KEY_A "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY_B "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

static void a_key_belongs_to_its_service(void **state)
{
    (void)state;
    struct allow a;
    enum service s;

    assert_int_equal(allow_parse(&a, STR("# keys\n\n  store\t" KEY_A "  \nfilter " KEY_B)), ERR_OK);
    assert_true(allow_find(&a, STR(KEY_A), &s));
    assert_int_equal(s, SERVICE_STORE);
    assert_true(allow_find(&a, STR(KEY_B), &s));
    assert_int_equal(s, SERVICE_FILTER);
    assert_false(allow_find(&a, STR(""), &s));
}

static void a_bad_line_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "stores " KEY_A,                                   /* no such service */
        "store",                                           /* no key */
        "store " KEY_A "x",                                /* too long */
        "store rq:rM>}U?@Lns47E1%kR.o@n%F ",               /* too short */
        "store \"q:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", /* no Z85 */
        "store " KEY_A "\nfilter " KEY_A,                  /* one key, two services */
    };
    struct allow a;
    enum service s;

    assert_int_equal(allow_parse(&a, STR("store " KEY_B)), ERR_OK);
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(allow_parse(&a, str_of(bad[i])), ERR_BAD_REQUEST);
        assert_true(allow_find(&a, STR(KEY_B), &s));
    }
    assert_int_equal(allow_read(&a, "/no/such/file"), ERR_BAD_REQUEST);
}

/* ---- gateways ---- */

static void names_and_addresses_are_parsed(void **state)
{
    (void)state;
    struct gateway_names g;

    assert_int_equal(
        gateways_parse(
            &g, STR("gateway-bus, 10.0.0.7:5556 ,[fd00::7]:1,::1,[::2], a.b:65535, fe80::1%eth0")),
        ERR_OK);
    assert_int_equal(g.count, 7);
    assert_string_equal(g.name[0].host, "gateway-bus");
    assert_int_equal(g.name[0].port, 5555);
    assert_string_equal(g.name[1].host, "10.0.0.7");
    assert_int_equal(g.name[1].port, 5556);
    assert_string_equal(g.name[2].host, "fd00::7");
    assert_int_equal(g.name[2].port, 1);
    assert_string_equal(g.name[3].host, "::1");
    assert_int_equal(g.name[3].port, 5555);
    assert_string_equal(g.name[4].host, "::2");
    assert_string_equal(g.name[5].host, "a.b");
    assert_int_equal(g.name[5].port, 65535);
}

static void a_bad_name_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      " , ",  "a:",   "a:0",    "a:65536", "a:x",
                                      ":5555", "[::1", "[]",   "[::1]x", "[::1]:",  "a b",
                                      "a/b",   "a\"b", "x,a:", "a:b:",   "[a]",     "1:2:3"};
    struct gateway_names     g;
    char                     many[256] = "a", longest[300];

    for (unsigned i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(gateways_parse(&g, str_of(bad[i])), ERR_BAD_REQUEST);
    for (unsigned i = 0; i < GATEWAYS_MAX; i++)
        str_format(many + 1 + 2 * i, 3, ",a");
    assert_int_equal(gateways_parse(&g, str_of(many)), ERR_BAD_REQUEST);
    memset(longest, 'a', sizeof longest);
    assert_int_equal(gateways_parse(&g, (struct str){longest, HOST_NAME_LEN}), ERR_OK);
    assert_int_equal(gateways_parse(&g, (struct str){longest, HOST_NAME_LEN + 1}), ERR_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_until_it_is_taken),
        cmocka_unit_test(a_table_agrees_with_an_array),
        cmocka_unit_test(ten_first_attempts_earn_a_retry),
        cmocka_unit_test(a_second_earns_three_retries),
        cmocka_unit_test(the_oldest_is_served_first),
        cmocka_unit_test(an_entry_put_back_keeps_its_position),
        cmocka_unit_test(a_full_queue_admits_nothing),
        cmocka_unit_test(an_entry_that_cannot_be_served_in_time_is_not_admitted),
        cmocka_unit_test(a_halt_of_minutes_counts_as_one),
        cmocka_unit_test(slots_freed_together_do_not_count_as_a_halt),
        cmocka_unit_test(a_queue_without_instances_is_not_slow),
        cmocka_unit_test(an_overloaded_queue_is_lifo_and_drops_the_oldest),
        cmocka_unit_test(a_queue_with_visible_positions_stays_fifo),
        cmocka_unit_test(a_key_belongs_to_its_service),
        cmocka_unit_test(a_bad_line_changes_nothing),
        cmocka_unit_test(names_and_addresses_are_parsed),
        cmocka_unit_test(a_bad_name_is_refused),
    };
    log_open("test", LOG_LEVEL_ERROR + 1, LOG_FORMAT_LOGFMT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
