/* Checks in the order of their price, the cheapest first; then the handler. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/origin.h"
#include "http/reply.h"
#include "http/router.h"

static const struct route routes[] = {
#define ROUTE(METHOD, path, name, needs, doc) {#METHOD, path, doc, needs, route_##name},
#include "http/routes.def"
};

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

enum err router_find(const char *method, const char *path, const struct route **route,
                     struct str *word, struct buf *allow)
{
    bool is_known = false;

    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (!matches(routes[i].path, path, word))
            continue;
        *route = &routes[i];
        if (strcmp(routes[i].method, method) == 0)
            return ERR_OK;
        buf_print(allow, "%s%s%s", is_known ? ", " : "", routes[i].method,
                  strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
        is_known = true;
    }
    return is_known ? ERR_METHOD : ERR_NOT_FOUND;
}

static void refuse_route(struct http_request *rq, enum err err, const char *allow)
{
    struct http_field field = {"Allow", allow};
    json_t           *error;

    if (err != ERR_METHOD) {
        reply_error(rq, err);
        return;
    }
    error = json_pack("{s:{s:s,s:s}}", "error", "code", err_code(err), "message", err_text(err));
    reply_json_and(rq, (unsigned)err_http(err), error, &field);
}

/* A path is sent in visible ASCII; libmicrohttpd lets more through. */
static bool is_clean(const char *path)
{
    for (const char *p = path; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return path[0] == '/';
}

/* ---- who asks ---- */

static struct client find_client(struct gateway *gw, struct http_request *rq)
{
    struct client c =
        client_of(&gw->config.proxies, str_of(http_peer(rq)), http_header(rq, "X-Forwarded-For"),
                  http_header(rq, "X-Forwarded-Proto"));
    c.is_tls |= str_starts(str_of(gw->config.public_origin), "https://");
    return c;
}

/* A cookie of somebody who was not signed in opens nothing for somebody who is; it only says
 * what may be taken over. */
static void find_session(struct visit *v)
{
    const struct seal_ring *ring = &v->gw->config.cookie_ring;
    struct str              value = cookie_find(http_header(v->rq, "Cookie"),
                                   v->client.is_tls ? SESSION_COOKIE_TLS : SESSION_COOKIE);

    if (!session_read(ring, value, v->account, &v->session) && v->account[0] &&
        !session_read(ring, value, "", &v->former))
        v->former = (struct uuid){{0}};
}

static enum err find_person(struct visit *v)
{
    const struct config *cf = &v->gw->config;
    enum err             err = account_find(&cf->account, str_of(http_peer(v->rq)),
                                            http_header(v->rq, cf->auth_header), v->account);

    if (!err)
        find_session(v);
    return err;
}

static bool is_ours(const struct visit *v)
{
    struct asked_from from = {v->gw->config.public_origin, v->client.is_tls,
                              http_header(v->rq, "Host"), http_header(v->rq, "Origin"),
                              http_header(v->rq, "Sec-Fetch-Site")};
    return origin_is_ours(&from);
}

static bool is_json(struct http_request *rq)
{
    struct str type = http_header(rq, "Content-Type");
    size_t     len = strlen("application/json");

    return type.len >= len && strncasecmp(type.p, "application/json", len) == 0 &&
           (type.len == len || type.p[len] == ';' || type.p[len] == ' ');
}

/* ---- the checks ---- */

static enum err check_change(struct visit *v)
{
    if (!is_ours(v))
        return ERR_ORIGIN;
    if (!v->session.text[0])
        return ERR_SIGNED_OUT;
    if (!session_csrf_is(&v->gw->config.cookie_ring, &v->session, v->account,
                         http_header(v->rq, "X-CSRF-Token")))
        return ERR_CSRF;
    return http_body(v->rq).len && !is_json(v->rq) ? ERR_MEDIA_TYPE : ERR_OK;
}

static enum err check(struct visit *v, enum needs needs)
{
    if (http_body_is_too_long(v->rq))
        return ERR_TOO_LONG;
    enum err err = needs == NOTHING ? ERR_OK : find_person(v);
    if (err)
        return err;
    if (needs == CHANGES || needs == BRINGS)
        return check_change(v);
    return needs == SIGNED && !v->session.text[0] ? ERR_SIGNED_OUT : ERR_OK;
}

static void serve_body(struct visit *v, const struct route *route)
{
    struct buf why = {0};
    json_t    *body = body_parse(http_body(v->rq), &why);

    v->body = body;
    if (body)
        route->serve(v);
    else
        visit_refuse(v, ERR_BAD_REQUEST, &why);
    json_decref(body);
}

static void serve(struct visit *v, const struct route *route)
{
    enum err err = check(v, route->needs);

    http_set_route(v->rq, route->path);
    if (err)
        reply_error(v->rq, err);
    else if (route->needs == CHANGES || route->needs == BRINGS)
        serve_body(v, route);
    else
        route->serve(v);
}

static void on_request(void *ctx, struct http_request *rq)
{
    struct visit        v = {.gw = ctx, .rq = rq, .client = find_client(ctx, rq)};
    const struct route *route;
    struct buf          allow = {0};

    http_set_common(rq, reply_common,
                    v.client.is_tls ? reply_common_count_tls : reply_common_count);
    enum err err = is_clean(http_path(rq))
                       ? router_find(http_method(rq), http_path(rq), &route, &v.word, &allow)
                       : ERR_BAD_REQUEST;
    if (err)
        refuse_route(rq, err, allow.p);
    else
        serve(&v, route);
    buf_fini(&allow);
}

static void on_gone(void *ctx, struct http_request *rq)
{
    struct waiter *w = http_user(rq);

    (void)ctx;
    if (w)
        w->on_gone(w);
}

static void on_drained(void *ctx, struct http_request *rq)
{
    struct waiter *w = http_user(rq);

    (void)ctx;
    if (w && w->on_drained)
        w->on_drained(w);
}

static size_t body_max(void *ctx, const char *method, const char *path)
{
    const struct route *route;
    struct str          word;
    struct buf          allow = {0};
    enum err            err = router_find(method, path, &route, &word, &allow);

    (void)ctx;
    buf_fini(&allow);
    return !err && route->needs == BRINGS ? BRINGS_MAX : 0;
}

static const char *outcome_of(unsigned status)
{
    if (!status)
        return "gone";
    return status < 400 ? "ok" : status < 500 ? "refused" : "failed";
}

/* Anybody may ask for what is not there; all of that is one route. */
static void count_end(const struct http_request *rq)
{
    const char *route = http_route(rq);

    metric_add_for(METRIC_HTTP_REQUESTS, route, outcome_of(http_status(rq)), 1);
    metric_observe_for(METRIC_HTTP_TIME, route, NULL, (double)http_age_ms(rq) / 1000);
}

/* The path as the routes write it: what people put into one is not for the log. */
static void on_end(void *ctx, const struct http_request *rq)
{
    struct gateway *gw = ctx;
    bool            is_dull = http_status(rq) < 400 && strncmp(http_path(rq), "/static/", 8) == 0;

    (void)gw;
    count_end(rq);
    log_event(is_dull ? LOG_LEVEL_TRACE : LOG_LEVEL_INFO, 0, "http.done",
              "method=%s route=%s status=%u ms=%llu bytes=%llu", log_quote(str_of(http_method(rq))),
              http_route(rq), http_status(rq), (unsigned long long)http_age_ms(rq),
              (unsigned long long)http_sent(rq));
}

const struct http_ops router_ops = {on_request, on_gone, on_drained, on_end, body_max};

/* ---- for handlers ---- */

void visit_address_hash(const struct visit *v, char to[PSEUDONYM_SIZE])
{
    char network[ADDRESS_SIZE];
    pseudonym_of_address(to, &v->gw->config.cookie_ring, client_network(&v->client, network));
}

bool visit_may(const struct visit *v, struct rate *rate)
{
    uint64_t wait = rate_take(rate, uuid_str(&v->session), clock_ms());

    if (wait)
        reply_failure(v->rq, &(struct failure){.err = ERR_LIMITED, .retry_after_ms = wait});
    return !wait;
}

void visit_refuse(const struct visit *v, enum err err, struct buf *why)
{
    reply_failure(v->rq, &(struct failure){.err = err, .said = buf_view(why)});
    buf_fini(why);
}
