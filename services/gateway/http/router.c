/* Finds the route, checks the request, cheapest check first, and calls the handler. */
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "http/body.h"
#include "http/reply.h"
#include "http/router.h"

/* ---- finding the route ---- */

static bool matches(const char *pattern, const char *path, struct str *word)
{
    const char *star = strchr(pattern, '*');
    size_t      before = star ? (size_t)(star - pattern) : 0, behind = star ? strlen(star + 1) : 0;
    size_t      len = strlen(path);

    *word = (struct str){0};
    if (!star)
        return strcmp(pattern, path) == 0;
    if (len <= before + behind || strncmp(pattern, path, before) != 0 ||
        strcmp(star + 1, path + len - behind) != 0)
        return false;
    *word = (struct str){path + before, len - before - behind};
    return !memchr(word->p, '/', word->len);
}

enum err router_find(const struct router *r, const char *method, const char *path,
                     const struct route **route, struct str *word, struct buf *allow)
{
    bool is_known = false;

    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (unsigned i = 0; i < r->route_count; i++) {
        const struct route *one = &r->routes[i];
        if (!matches(one->path, path, word))
            continue;
        *route = one;
        if (strcmp(one->method, method) == 0)
            return ERR_OK;
        buf_print(allow, "%s%s%s", is_known ? ", " : "", one->method,
                  strcmp(one->method, "GET") == 0 ? ", HEAD" : "");
        is_known = true;
    }
    return is_known ? ERR_METHOD : ERR_NOT_FOUND;
}

static void refuse_route(struct http_request *rq, enum err err, const char *allow)
{
    struct http_field field = {.name = "Allow", .value = allow};
    json_t           *error;

    if (err != ERR_METHOD) {
        reply_error(rq, err);
        return;
    }
    error = json_pack("{s:{s:s,s:s}}", "error", "code", err_code(err), "message", err_text(err));
    reply_json_with(rq, (unsigned)err_http(err), error, &field);
}

/* A path is visible ASCII; libmicrohttpd lets more through. */
static bool is_clean(const char *path)
{
    for (const char *p = path; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return path[0] == '/';
}

/* ---- checking the request ---- */

static struct client find_client(const struct router *r, struct http_request *rq)
{
    struct client c =
        client_of(r->proxies, str_of(http_peer(rq)), http_header(rq, "X-Forwarded-For"),
                  http_header(rq, "X-Forwarded-Proto"));
    c.is_tls |= str_starts(str_of(r->public_origin), "https://");
    return c;
}

static bool is_json(struct http_request *rq)
{
    struct str type = http_header(rq, "Content-Type");
    size_t     len = strlen("application/json");

    return type.len >= len && strncasecmp(type.p, "application/json", len) == 0 &&
           (type.len == len || type.p[len] == ';' || type.p[len] == ' ');
}

static bool takes_body(const struct route *route)
{
    return route->needs >= ROUTE_NEEDS_CHANGE;
}

static enum err check(const struct router *r, struct request_context *c, const struct route *route)
{
    if (http_body_is_too_long(c->rq))
        return ERR_TOO_LONG;
    enum err err = r->authorize(c, route->needs);
    if (!err && takes_body(route) && http_body(c->rq).len && !is_json(c->rq))
        err = ERR_MEDIA_TYPE;
    return err;
}

/* ---- calling the handler ---- */

static void serve_body(struct request_context *c, const struct route *route)
{
    struct buf why = {0};
    json_t    *body = body_parse(http_body(c->rq), &why);

    c->body = body;
    if (body)
        route->serve(c);
    else
        reply_failure(c->rq,
                      &(struct reply_failure){.err = ERR_BAD_REQUEST, .said = buf_view(&why)});
    json_decref(body);
    buf_fini(&why);
}

static void serve(const struct router *r, struct request_context *c, const struct route *route)
{
    http_set_route(c->rq, route->path);
    enum err err = check(r, c, route);
    if (err)
        reply_error(c->rq, err);
    else if (takes_body(route))
        serve_body(c, route);
    else
        route->serve(c);
}

static void on_request(void *ctx, struct http_request *rq)
{
    const struct router   *r = ctx;
    struct request_context c = {.gw = r->gw, .rq = rq, .client = find_client(r, rq)};
    const struct route    *route;
    struct buf             allow = {0};

    http_set_common(rq, reply_common,
                    c.client.is_tls ? reply_common_count_tls : reply_common_count);
    enum err err = ERR_BAD_REQUEST;
    if (is_clean(http_path(rq)))
        err = router_find(r, http_method(rq), http_path(rq), &route, &c.word, &allow);
    if (err)
        refuse_route(rq, err, allow.p);
    else
        serve(r, &c, route);
    buf_fini(&allow);
}

/* ---- afterwards ---- */

static void on_gone(void *ctx, struct http_request *rq)
{
    struct request_hooks *h = http_user(rq);

    (void)ctx;
    if (h)
        h->on_gone(h);
}

static void on_drained(void *ctx, struct http_request *rq)
{
    struct request_hooks *h = http_user(rq);

    (void)ctx;
    if (h && h->on_drained)
        h->on_drained(h);
}

static size_t body_max(void *ctx, const char *method, const char *path)
{
    const struct route *route;
    struct str          word;
    struct buf          allow = {0};
    enum err            err = router_find(ctx, method, path, &route, &word, &allow);

    buf_fini(&allow);
    return !err && route->needs == ROUTE_NEEDS_UPLOAD ? ROUTER_UPLOAD_MAX : 0;
}

static const char *outcome_of(unsigned status)
{
    if (!status)
        return "gone";
    return status < 400 ? "ok" : status < 500 ? "refused" : "failed";
}

/* Requests for paths that do not exist share one route. */
static void count_end(const struct http_request *rq)
{
    const char *route = http_route(rq);

    metric_add_for(METRIC_HTTP_REQUESTS, route, outcome_of(http_status(rq)), 1);
    metric_observe_for(METRIC_HTTP_TIME, route, NULL, (double)http_age_ms(rq) / 1000);
}

/* Logs the path of the route: the request's own may contain private data. */
static void on_end(void *ctx, const struct http_request *rq)
{
    bool is_routine = http_status(rq) < 400 && strncmp(http_path(rq), "/static/", 8) == 0;

    (void)ctx;
    count_end(rq);
    log_event(is_routine ? LOG_LEVEL_TRACE : LOG_LEVEL_INFO, 0, "http.done",
              "method=%s route=%s status=%u ms=%llu bytes=%llu", log_quote(str_of(http_method(rq))),
              http_route(rq), http_status(rq), (unsigned long long)http_age_ms(rq),
              (unsigned long long)http_sent(rq));
}

const struct http_ops router_ops = {
    .on_request = on_request,
    .on_gone = on_gone,
    .on_drained = on_drained,
    .on_end = on_end,
    .body_max = body_max,
};
