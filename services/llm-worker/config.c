/* Reads the settings and makes the checks that only this service can make. */
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/log.h"
#include "config.h"
#include "seal/key.h"

#define PROMPT_MAX 4096

static const struct config_item items[] = {
#include "base/config_as_items.h"

#include "base/common.def"

#include "bus/backend/backend.def"

#include "config.def"

#include "base/config_done.h"
};

static const char default_prompt[] =
#include "system_prompt.def"
    ;

static bool has_part(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    bool  has = curl_url_get(url, part, &value, 0) == CURLUE_OK && *value;

    curl_free(value);
    return has;
}

static bool is_base_url(const char *text)
{
    CURLU *url = curl_url();
    bool   good = (str_starts(str_of(text), "http://") || str_starts(str_of(text), "https://")) &&
                curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
                has_part(url, CURLUPART_HOST) && !has_part(url, CURLUPART_QUERY) &&
                !has_part(url, CURLUPART_FRAGMENT) && !has_part(url, CURLUPART_USER);

    curl_url_cleanup(url);
    return good;
}

/* A line end in a header value would begin another header. */
static bool is_header_value(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static void check_texts(struct config_run *run, struct config *c)
{
    if (c->base_url && !is_base_url(c->base_url))
        buf_print(&run->faults, "  OPENROUTER_BASE_URL: must be an http or https address without "
                                "query and password\n");
    if (c->http_referer && !is_header_value(c->http_referer))
        buf_print(&run->faults, "  OPENROUTER_HTTP_REFERER: must be visible ASCII\n");
    if (c->app_title && !is_header_value(c->app_title))
        buf_print(&run->faults, "  OPENROUTER_APP_TITLE: must be visible ASCII\n");
    if (c->default_model && !model_route_is_name(str_of(c->default_model)))
        buf_print(&run->faults, "  DEFAULT_MODEL: must be 1 to 128 characters of visible ASCII, "
                                "and no key\n");
    if (c->fallback_models && !model_route_read(&c->fallbacks, str_of(c->fallback_models)))
        buf_print(&run->faults,
                  "  FALLBACK_MODELS: must be at most %d models with commas between, and no key\n",
                  MODEL_ROUTE_FALLBACKS_MAX);
    if (c->system_prompt &&
        (strlen(c->system_prompt) > PROMPT_MAX || !str_is_utf8(str_of(c->system_prompt))))
        buf_print(&run->faults, "  SYSTEM_PROMPT: must be UTF-8 of at most %d bytes\n", PROMPT_MAX);
}

static void check_keys(struct config_run *run, struct config *c)
{
    struct buf why = {0};

    config_need(run, "BUS_SECRET_KEY", c->bus_secret_key);
    config_need(run, "BUS_GATEWAY_KEY", c->bus_gateway_key);
    config_need(run, "SEAL_SECRET_KEYS", c->seal_secret_keys);
    if (c->seal_secret_keys && !seal_ring_read(&c->ring, str_of(c->seal_secret_keys), &why))
        buf_print(&run->faults, "  SEAL_SECRET_KEYS: %s\n", why.p);
    c->operator_key = key_trim(str_of(c->api_key));
    if (c->operator_key.len && !key_is_sendable(c->operator_key))
        buf_print(&run->faults, "  OPENROUTER_API_KEY: must be visible ASCII of at most %d bytes\n",
                  KEY_MAX);
    buf_fini(&why);
}

void config_load(struct config *c, int argc, char **argv)
{
    struct config_run run;

    config_start(&run, "llm-worker", items, COUNT_OF(items), c, argc, argv);
    config_open_log(&run, c->log_name, c->log_level, c->log_format);
    check_texts(&run, c);
    check_keys(&run, c);
    config_check_url(&run, "OTEL_EXPORTER_OTLP_ENDPOINT", c->otlp_endpoint);
    config_finish(&run);
    if (c->operator_key.len && !key_is_usual(c->operator_key))
        log_warn(0, "config.unusual_key", "name=OPENROUTER_API_KEY why=%s",
                 "\"not sk-or-v1- and 64 hexadecimal digits\"");
    if (!c->system_prompt)
        c->system_prompt = default_prompt;
}
