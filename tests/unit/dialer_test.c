/* What the dialer promises about addresses that change; bus_test has the sockets. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "bus/backend/dialer.h"
#include "test.h"

#define LINKS_MAX 16

/* Replaces loop/resolver.c: a DNS that replies when the test says so. */
static struct world {
    struct loop   *loop;
    struct dialer *dialer;
    char           secret_key[41], gateway_key[41];
    void (*tell)(void *ctx, const struct resolved *found);
    void    *told;
    unsigned dialled, closed;
    uint64_t last_closed;
    bool     up[LINKS_MAX];
} w;

void resolver_resolve(struct resolver *r, const char                            *name,
                      void (*fn)(void *ctx, const struct resolved *found), void *ctx)
{
    (void)r;
    (void)name;
    w.tell = fn;
    w.told = ctx;
}

void resolver_cancel(struct resolver *r, void *ctx)
{
    (void)r;
    (void)ctx;
}

static void dns_says(const char *one, const char *two)
{
    struct resolved found = {.count = two ? 2 : one ? 1 : 0};

    if (one)
        snprintf(found.address[0], sizeof found.address[0], "%s", one);
    if (two)
        snprintf(found.address[1], sizeof found.address[1], "%s", two);
    w.tell(w.told, &found);
}

static void dns_fails(void)
{
    w.tell(w.told, &(struct resolved){.failed = true});
}

/* ---- whose links they are ---- */

static void on_link(void *ctx, uint64_t link)
{
    (void)ctx;
    assert_in_range(link, 1, LINKS_MAX - 1);
    w.dialled++;
}

static void on_unlink(void *ctx, uint64_t link)
{
    (void)ctx;
    w.closed++;
    w.last_closed = link;
}

static bool is_up(void *ctx, uint64_t link)
{
    (void)ctx;
    return w.up[link];
}

static void on_frame(void *ctx, uint64_t link, struct str bytes)
{
    (void)ctx;
    (void)link;
    (void)bytes;
}

static void on_read(void *ctx)
{
    (void)ctx;
}

static const struct dialer_ops ops = {on_link, on_unlink, is_up, on_frame, on_read};

static int open_world(void **state)
{
    struct dialer_options o = {
        .secret_key = w.secret_key, .gateway_key = w.gateway_key, .requests_max = 1};

    (void)state;
    w = (struct world){0};
    char unused[41];
    assert_int_equal(zmq_curve_keypair(w.gateway_key, unused), 0);
    assert_int_equal(zmq_curve_keypair(unused, w.secret_key), 0);
    assert_int_equal(gateways_parse(&o.names, STR("gateway-bus:5599")), ERR_OK);
    w.loop = loop_new();
    assert_int_equal(dialer_open(&w.dialer, w.loop, NULL, &o, &ops, NULL), ERR_OK);
    return 0;
}

static int close_world(void **state)
{
    unsigned closed = w.closed;

    (void)state;
    dialer_close(&w.dialer);
    loop_free(&w.loop);
    assert_int_equal(w.closed, closed); /* handlers are only called by the loop */
    return 0;
}

/* ---- the promises ---- */

static void every_address_is_dialled_once(void **state)
{
    (void)state;
    dns_says("127.0.0.1", "127.0.0.2");
    assert_int_equal(w.dialled, 2);
    dns_says("127.0.0.2", "127.0.0.3");
    assert_int_equal(w.dialled, 3);
}

static void an_address_that_left_is_closed_if_nobody_is_up_there(void **state)
{
    (void)state;
    dns_says("127.0.0.1", "127.0.0.2");
    w.up[2] = true;
    dns_says("127.0.0.2", NULL);
    assert_int_equal(w.closed, 1);
    assert_int_equal(w.last_closed, 1);
}

static void a_live_link_outlasts_its_name(void **state)
{
    (void)state;
    dns_says("127.0.0.1", NULL);
    w.up[1] = true;
    dns_says("127.0.0.2", NULL);
    dns_says(NULL, NULL);
    assert_false(w.closed && w.last_closed == 1);
    w.up[1] = false;
    dns_says("127.0.0.2", NULL);
    assert_int_equal(w.last_closed, 1);
}

static void an_outage_of_dns_closes_nothing(void **state)
{
    (void)state;
    dns_says("127.0.0.1", "127.0.0.2");
    dns_fails();
    assert_int_equal(w.closed, 0);
}

static void an_address_that_came_back_is_kept(void **state)
{
    (void)state;
    dns_says("127.0.0.1", NULL);
    w.up[1] = true;
    dns_says("127.0.0.2", NULL);
    dns_says("127.0.0.1", "127.0.0.2");
    w.up[1] = false; /* the gateway is away, but its name leads there again */
    dns_says("127.0.0.1", "127.0.0.2");
    assert_int_equal(w.dialled, 2);
    assert_int_equal(w.closed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_address_is_dialled_once),
        TEST(an_address_that_left_is_closed_if_nobody_is_up_there),
        TEST(a_live_link_outlasts_its_name),
        TEST(an_outage_of_dns_closes_nothing),
        TEST(an_address_that_came_back_is_kept),
    };

    log_open("dialer", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
