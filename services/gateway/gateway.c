/* Opens the parts of the gateway, and drains them at the end. */
#include "gateway.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/static.h"
#include "loop/admin.h"
#include "loop/otlp.h"
#include "routes/handler.h"
#include "session/access.h"
#include "turn/turns.h"

#define DRAIN_TICK_MS   50
#define LAST_REQUEST_MS 300          /* for requests that were under way when draining began */
#define HTTP_UNSENT_MAX (512 * 1024) /* a whole answer, replayed, with room for its escapes */
#define MINUTE_MS       60000

const struct route gateway_routes[] = {
#define ROUTE(METHOD, path_, name, needs_, doc)                                                    \
    {.method = #METHOD, .path = (path_), .needs = ROUTE_NEEDS_##needs_, .serve = route_##name},
#include "http/routes.def"
};
const unsigned gateway_route_count = COUNT_OF(gateway_routes);

/* ---- draining ---- */

/* All parts work until the end, so a request over an open connection is served,
 * not refused: a proxy that keeps connections cannot know, and its client would
 * see a failure.  New connections are refused by the kernel, before anything of
 * a request is sent; a proxy then takes another gateway for any request. */
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
        if (clock_ms() >= g->close_idle_at)
            http_close_idle(g->http);
        timer_start(&g->drain_tick, g->loop, DRAIN_TICK_MS, on_drain_tick, g);
    }
}

void gateway_drain(struct gateway *g)
{
    log_info(0, "gateway.draining", "turns=%u", turns_count(g->turns));
    g->close_idle_at = clock_ms() + LAST_REQUEST_MS;
    g->drain_until = clock_ms() + g->config->drain_ms;
    http_quiesce(g->http);
    timer_start(&g->drain_tick, g->loop, 0, on_drain_tick, g);
}

void gateway_reload(struct gateway *g)
{
    bus_reload(g->bus);
}

/* ---- opening ---- */

static enum err open_bus(struct gateway *g)
{
    const struct config *c = g->config;
    struct bus_options   o = {.bind = c->bus_bind,
                              .secret_key = c->bus_secret_key,
                              .allow_file = c->bus_allow_file,
                              .queue_max = (unsigned)c->bus_queue,
                              .heartbeat_ms = (unsigned)c->bus_heartbeat_ms};
    return bus_open(&g->bus, g->loop, &o);
}

static struct rate *per_minute(uint64_t burst)
{
    return rate_new((unsigned)burst, MINUTE_MS);
}

static void open_turns(struct gateway *g)
{
    const struct config *c = g->config;

    g->by_address = per_minute(c->address_per_minute);
    g->by_session = per_minute(c->messages_per_minute);
    g->new_sessions = per_minute(c->sessions_per_minute);
    g->key_tests = per_minute(c->key_tests_per_minute);
    g->searches = per_minute(c->searches_per_minute);
    g->imports = per_minute(c->imports_per_minute);
    g->turns = turns_new(g->loop, g->bus,
                         &(struct turns_options){.max = (unsigned)c->turns_max,
                                                 .by_address = g->by_address,
                                                 .by_session = g->by_session});
}

/* The page and errors need no service; an answer needs all three. */
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

static void update_metrics(void *ctx)
{
    const struct gateway *g = ctx;

    bus_update_metrics(g->bus);
    turn_init_metrics();
    metric_set(METRIC_TURNS_RUNNING, turns_count(g->turns));
}

static enum err open_admin(struct gateway *g)
{
    static const struct admin_ops ops = {
        .service = "gateway", .not_ready = not_ready, .count = update_metrics};

    return admin_open(&g->admin, g->loop, g->config->admin_address, (unsigned)g->config->admin_port,
                      &ops, g);
}

static enum err authorize(struct request_context *c, enum route_needs needs)
{
    const struct config      *config = c->gw->config;
    const struct access_rules rules = {.account = &config->account,
                                       .auth_header = config->auth_header,
                                       .cookie_ring = &config->cookie_ring,
                                       .public_origin = config->public_origin};

    return access_check(&rules, c, needs);
}

static enum err open_http(struct gateway *g)
{
    const struct config *c = g->config;
    struct http_options  o = {.address = c->http_address,
                              .port = (unsigned)c->http_port,
                              .connections = (unsigned)c->http_connections,
                              .body_max = c->http_body_bytes,
                              .unsent_max = HTTP_UNSENT_MAX,
                              .head_ms = c->http_head_ms,
                              .body_ms = c->http_body_ms,
                              .idle_ms = c->http_idle_ms};

    g->router = (struct router){.gw = g,
                                .routes = gateway_routes,
                                .route_count = gateway_route_count,
                                .proxies = &c->proxies,
                                .public_origin = c->public_origin,
                                .authorize = authorize};
    return http_open(&g->http, g->loop, &o, &router_ops, &g->router);
}

/* Written to another file and renamed, so that a reader never sees half a number. */
static void write_port(const char *path, unsigned port)
{
    char  aside[4096];
    FILE *file = str_format(aside, sizeof aside, "%s.new", path) ? fopen(aside, "w") : NULL;

    if (file)
        fprintf(file, "%u\n", port);
    if (!file || fclose(file) != 0 || rename(aside, path) != 0)
        log_warn(0, "gateway.port_file_failed", "why=%s", log_quote(str_of(strerror(errno))));
}

static void announce_port(const struct gateway *g)
{
    unsigned port = http_port(g->http);

    if (*g->config->http_port_file)
        write_port(g->config->http_port_file, port);
    log_info(0, "gateway.listening", "address=%s port=%u demo=%d", g->config->http_address, port,
             g->config->demo);
}

enum err gateway_open(struct gateway **out, struct loop *l, const struct config *c)
{
    struct gateway *g = *out = mem_new(sizeof *g);

    g->config = c;
    g->loop = l;
    g->otlp = otlp_open(l, c->otlp_endpoint, "gateway");
    enum err err = static_open(&g->files, c->web_root);
    if (!err)
        err = open_bus(g);
    if (!err) {
        open_turns(g);
        err = open_admin(g);
    }
    if (!err)
        err = open_http(g);
    if (err)
        gateway_close(out);
    else
        announce_port(g);
    return err;
}

void gateway_close(struct gateway **gateway)
{
    struct gateway *g = *gateway;

    if (!g)
        return;
    timer_stop(&g->drain_tick);
    admin_close(&g->admin);
    http_close(&g->http);
    turns_free(&g->turns);
    models_cache_fini(&g->models);
    rate_free(&g->imports);
    rate_free(&g->searches);
    rate_free(&g->key_tests);
    rate_free(&g->new_sessions);
    rate_free(&g->by_session);
    rate_free(&g->by_address);
    bus_close(&g->bus);
    static_close(&g->files);
    otlp_close(&g->otlp);
    free(g);
    *gateway = NULL;
}
