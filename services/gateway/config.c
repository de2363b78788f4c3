/* Reads and checks the settings. */
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include <curl/curl.h>

#include "base/config.h"
#include "config.h"

static const struct config_item items[] = {
#include "base/config_as_items.h"

#include "base/common.def"

#include "config.def"

#include "base/config_done.h"
};

static void read_ring(struct config_run *run, const char *name, const char *text,
                      struct seal_ring *ring)
{
    struct buf fault = {0};

    config_need(run, name, text);
    if (text && !seal_ring_read(ring, str_of(text), &fault))
        buf_print(&run->faults, "  %s: %s\n", name, fault.p);
    buf_fini(&fault);
}

static void read_proxies(struct config_run *run, struct config *c)
{
    struct buf fault = {0};

    if (!networks_read(&c->proxies, str_of(c->trusted_proxies), &fault))
        buf_print(&run->faults, "  TRUSTED_PROXIES: %s\n", fault.p);
    buf_fini(&fault);
}

static bool is_header_name(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '-')
            return false;
    return *name;
}

/* Sign-in needs a proxy that we trust. */
static void read_sign_in(struct config_run *run, struct config *c)
{
    c->account = (struct account_rules){
        .issuer = c->auth_issuer, .proxies = &c->proxies, .key = &c->account_ring.keys[0]};
    if (!account_auth_read(&c->account.auth, str_of(c->auth)))
        buf_print(&run->faults, "  AUTH: must be off, proxy or required\n");
    if (c->account.auth == ACCOUNT_AUTH_OFF)
        return;
    read_ring(run, "ACCOUNT_KEY", c->account_key, &c->account_ring);
    if (!c->proxies.count)
        buf_print(&run->faults, "  AUTH: needs TRUSTED_PROXIES, the addresses of the proxy that "
                                "signs users in\n");
    if (!is_header_name(c->auth_header))
        buf_print(&run->faults, "  AUTH_HEADER: is not the name of a header\n");
    if (c->account_ring.count > 1)
        buf_print(&run->faults, "  ACCOUNT_KEY: must be one key\n");
}

static void add_part(CURLU *url, CURLUPart part, const char *before, struct buf *out)
{
    char *value = NULL;

    if (curl_url_get(url, part, &value, 0) == CURLUE_OK)
        buf_print(out, "%s%s", before, value);
    curl_free(value);
}

/* scheme://host or scheme://host:port, as a browser writes an Origin header. */
static bool is_origin(const char *text)
{
    CURLU     *url = curl_url();
    struct buf origin = {0};

    if (curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK) {
        add_part(url, CURLUPART_SCHEME, "", &origin);
        add_part(url, CURLUPART_HOST, "://", &origin);
        add_part(url, CURLUPART_PORT, ":", &origin);
    }
    struct str view = buf_view(&origin);
    bool       is_web = str_starts(view, "http://") || str_starts(view, "https://");
    bool       is_whole = str_is(view, text); /* without a user, a path or a query */
    buf_fini(&origin);
    curl_url_cleanup(url);
    return is_web && is_whole;
}

static void check_origin(struct config_run *run, const char *origin)
{
    if (*origin && !is_origin(origin))
        buf_print(&run->faults, "  PUBLIC_ORIGIN: must be like https://chat.example, without a "
                                "path\n");
}

static void check_web_root(struct config_run *run, const char *root)
{
    char        path[4096];
    struct stat info;

    if (*root && (!str_format(path, sizeof path, "%s/index.html", root) || stat(path, &info) != 0))
        buf_print(&run->faults, "  WEB_ROOT: there is no index.html in %s\n", root);
}

void config_read(struct config *c, int argc, char **argv)
{
    struct config_run run;

    *c = (struct config){0};
    config_start(&run, "gateway", items, COUNT_OF(items), c, argc, argv);
    config_open_log(&run, c->log_name, c->log_level, c->log_format);
    config_need(&run, "BUS_SECRET_KEY", c->bus_secret_key);
    read_ring(&run, "SEAL_PUBLIC_KEYS", c->seal_public_keys, &c->seal_ring);
    read_ring(&run, "COOKIE_KEYS", c->cookie_keys, &c->cookie_ring);
    read_proxies(&run, c);
    read_sign_in(&run, c);
    check_origin(&run, c->public_origin);
    check_web_root(&run, c->web_root);
    config_check_url(&run, "OTEL_EXPORTER_OTLP_ENDPOINT", c->otlp_endpoint);
    config_finish(&run);
}

void config_fini(struct config *c)
{
    seal_ring_wipe(&c->seal_ring);
    seal_ring_wipe(&c->cookie_ring);
    seal_ring_wipe(&c->account_ring);
}
