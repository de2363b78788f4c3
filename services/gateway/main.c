/* The gateway: browsers on one side, the bus on the other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "gateway.h"
#include "http/router.h"
#include "http/static.h"
#include "loop/admin.h"
#include "loop/otlp.h"
#include "turn/turn.h"
#include "turn/turns.h"

#define DRAIN_TICK_MS   50
#define LAST_CALL_MS    300          /* for requests that were on their way when the door closed */
#define HTTP_UNSENT_MAX (512 * 1024) /* a whole answer, replayed, with room for its escapes */
#define MINUTE_MS       60000

/* ---- ending ---- */

/* Everything there is here to serve a request with until the end, so what comes
 * over a connection that was there is served, not refused: a proxy that keeps
 * connections could not know, and its client would see a failure.  New
 * connections are refused by the kernel, before anything of a request is sent;
 * that a proxy takes to another gateway whatever the request is. */
static void on_drain_tick(void *ctx)
{
    struct gateway *g = ctx;
    unsigned        turns = turns_count(g->turns), connections = http_open_connections(g->http);

    if (turns + connections == 0) {
        log_info(0, "gateway.drained", "turns=0");
        loop_quit(g->loop);
    } else if (clock_ms() >= g->drain_until) {
        log_warn(0, "gateway.drain_cut", "turns=%u connections=%u", turns, connections);
        loop_quit(g->loop);
    } else {
        if (clock_ms() >= g->last_call)
            http_close_idle(g->http);
        timer_start(&g->drain_tick, g->loop, DRAIN_TICK_MS, on_drain_tick, g);
    }
}

static void on_stop(void *ctx)
{
    struct gateway *g = ctx;

    log_info(0, "gateway.draining", "turns=%u", turns_count(g->turns));
    g->last_call = clock_ms() + LAST_CALL_MS;
    g->drain_until = clock_ms() + g->config.drain_ms;
    http_quiesce(g->http);
    on_drain_tick(g);
}

static void on_hangup(void *ctx)
{
    struct gateway *g = ctx;
    bus_reload(g->bus);
}

/* ---- opening, in this order; closing in the other ---- */

static enum err open_bus(struct gateway *g)
{
    struct bus_options o = {.bind = g->config.bus_bind,
                            .secret_key = g->config.bus_secret_key,
                            .allow_file = g->config.bus_allow_file,
                            .queue_max = (unsigned)g->config.bus_queue,
                            .heartbeat_ms = (unsigned)g->config.bus_heartbeat_ms};
    return bus_open(&g->bus, g->loop, &o);
}

static enum err open_http(struct gateway *g)
{
    struct http_options o = {.address = g->config.http_address,
                             .port = (unsigned)g->config.http_port,
                             .connections = (unsigned)g->config.http_connections,
                             .body_max = g->config.http_body_bytes,
                             .unsent_max = HTTP_UNSENT_MAX,
                             .head_ms = g->config.http_head_ms,
                             .body_ms = g->config.http_body_ms,
                             .idle_ms = g->config.http_idle_ms};
    return http_open(&g->http, g->loop, &o, &router_ops, g);
}

/* Its page and its errors it can show without anybody; an answer needs all three. */
static const char *not_ready(void *ctx)
{
    static const char *const missing[] = {[SERVICE_FILTER] = "no filter",
                                          [SERVICE_LLM_WORKER] = "no llm-worker",
                                          [SERVICE_STORE] = "no store"};
    const struct gateway    *g = ctx;

    if (g->drain_until)
        return "draining";
    for (enum service s = 0; s < SERVICE_COUNT; s++)
        if (!bus_instances(g->bus, s))
            return missing[s];
    return NULL;
}

static void count(void *ctx)
{
    const struct gateway *g = ctx;

    bus_update_metrics(g->bus);
    chat_count();
    metric_set(METRIC_TURNS_RUNNING, turns_count(g->turns));
}

static enum err open_private(struct gateway *g)
{
    static const struct admin_ops ops = {"gateway", not_ready, count};

    return admin_open(&g->admin_port, g->loop, g->config.admin_address,
                      (unsigned)g->config.admin_port, &ops, g);
}

static void open_counts(struct gateway *g)
{
    struct turns_options o = {.max = (unsigned)g->config.turns_max};

    g->by_address = rate_new((unsigned)g->config.address_per_minute, MINUTE_MS);
    g->by_session = rate_new((unsigned)g->config.messages_per_minute, MINUTE_MS);
    g->new_sessions = rate_new((unsigned)g->config.sessions_per_minute, MINUTE_MS);
    g->key_tests = rate_new((unsigned)g->config.key_tests_per_minute, MINUTE_MS);
    g->searches = rate_new((unsigned)g->config.searches_per_minute, MINUTE_MS);
    g->imports = rate_new((unsigned)g->config.imports_per_minute, MINUTE_MS);
    o.by_address = g->by_address;
    o.by_session = g->by_session;
    g->turns = turns_new(g->loop, g->bus, &o);
}

/* Written aside and renamed, so nobody reads half a number. */
static void write_port(const char *path, unsigned port)
{
    char  aside[4096];
    FILE *file = str_format(aside, sizeof aside, "%s.new", path) ? fopen(aside, "w") : NULL;

    if (file)
        fprintf(file, "%u\n", port);
    if (!file || fclose(file) != 0 || rename(aside, path) != 0)
        log_warn(0, "gateway.no_port_file", "why=%s", log_quote(str_of(strerror(errno))));
}

static void tell_port(const struct gateway *g)
{
    unsigned port = http_port(g->http);

    if (*g->config.http_port_file)
        write_port(g->config.http_port_file, port);
    log_info(0, "gateway.listening", "address=%s port=%u demo=%d", g->config.http_address, port,
             g->config.demo);
}

static void close_all(struct gateway *g)
{
    timer_stop(&g->drain_tick);
    admin_close(&g->admin_port);
    http_close(&g->http);
    turns_free(&g->turns);
    models_close(&g->models);
    rate_free(&g->imports);
    rate_free(&g->searches);
    rate_free(&g->key_tests);
    rate_free(&g->new_sessions);
    rate_free(&g->by_session);
    rate_free(&g->by_address);
    bus_close(&g->bus);
    static_close(&g->files);
    otlp_close(&g->otlp);
    loop_free(&g->loop);
    config_fini(&g->config);
}

int main(int argc, char **argv)
{
    static struct gateway g;

    random_init();
    body_init();
    config_read(&g.config, argc, argv);
    loop_raise_fd_limit();
    g.loop = loop_new();
    g.otlp = otlp_open(g.loop, g.config.otlp_endpoint, "gateway");
    enum err err = static_open(&g.files, g.config.web_root);
    if (!err)
        err = open_bus(&g);
    if (!err) {
        open_counts(&g);
        err = open_private(&g);
        if (!err)
            err = open_http(&g);
    }
    if (!err) {
        tell_port(&g);
        loop_on_signals(g.loop, on_stop, on_hangup, &g);
        loop_run(g.loop);
    }
    close_all(&g);
    return err ? EX_UNAVAILABLE : EX_OK;
}
