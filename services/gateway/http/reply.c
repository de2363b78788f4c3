/* Replies and errors. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "http/reply.h"

#define UNAVAILABLE_MS 2000 /* when to try again if a service is unavailable */

#define CSP                                                                                        \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "                  \
    "form-action 'self'; frame-ancestors 'none'"

/* The last one is sent only over TLS. */
const struct http_field reply_common[] = {
    {"Content-Security-Policy", CSP},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Strict-Transport-Security", "max-age=31536000"},
};
const unsigned reply_common_count_tls = COUNT_OF(reply_common);
const unsigned reply_common_count = COUNT_OF(reply_common) - 1;

json_t *reply_string(struct str text)
{
    json_t *s = json_stringn(text.len ? text.p : "", text.len);
    must(s != NULL);
    return s;
}

json_t *reply_time(uint64_t at)
{
    char iso[CLOCK_ISO_SIZE];

    clock_iso(at, iso);
    return json_string(iso);
}

json_t *reply_usage(uint64_t prompt_tokens, uint64_t completion_tokens, double cost)
{
    json_t *usage = json_object();

    json_object_set_new(usage, "prompt_tokens", json_integer((json_int_t)prompt_tokens));
    json_object_set_new(usage, "completion_tokens", json_integer((json_int_t)completion_tokens));
    json_object_set_new(usage, "cost", json_real(cost));
    return usage;
}

json_t *reply_budget(uint64_t has_budget, double left)
{
    return has_budget ? json_pack("{s:f}", "left", left) : json_null();
}

static void send_json(struct http_request *rq, unsigned status, json_t *body,
                      const struct http_field *more, unsigned more_count)
{
    struct http_field fields[4] = {
        {"Content-Type", "application/json"},
        {"Cache-Control", "no-store"},
    };
    char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(12));

    must(text && more_count <= 2);
    for (unsigned i = 0; i < more_count; i++)
        fields[2 + i] = more[i];
    http_reply(rq, &(struct http_response){.status = status,
                                           .fields = fields,
                                           .field_count = 2 + more_count,
                                           .body = str_of(text)});
    free(text);
    json_decref(body);
}

void reply_json(struct http_request *rq, unsigned status, json_t *body)
{
    send_json(rq, status, body, NULL, 0);
}

void reply_json_with(struct http_request *rq, unsigned status, json_t *body,
                     const struct http_field *more)
{
    send_json(rq, status, body, more, 1);
}

void reply_failure_message(const struct reply_failure *f, struct buf *out)
{
    buf_str(out, f->said.len ? f->said : str_of(err_text(f->err)));
    if (f->detail.len)
        buf_print(out, " (%.*s)", (int)f->detail.len, f->detail.p);
}

uint64_t reply_seconds(uint64_t ms)
{
    return (ms + 999) / 1000;
}

uint64_t reply_failure_seconds(const struct reply_failure *f)
{
    uint64_t ms = f->retry_after_ms;

    if (!ms && err_http(f->err) == 503)
        ms = UNAVAILABLE_MS;
    return reply_seconds(ms);
}

bool reply_is_temporary(enum err err)
{
    int status = err_http(err);
    return status == 503 || status == 504 || status == 429 || err == ERR_BUSY ||
           err == ERR_UPSTREAM_ERROR || err == ERR_INTERRUPTED || err == ERR_UPSTREAM_TRUNCATED ||
           err == ERR_UPSTREAM_RATE_LIMITED || err == ERR_INTERNAL || err == ERR_RETRACTED;
}

void reply_failure(struct http_request *rq, const struct reply_failure *f)
{
    struct buf        message = {0};
    json_t           *error = json_object(), *body = json_object();
    uint64_t          wait = reply_failure_seconds(f);
    char              seconds[24];
    struct http_field retry = {.name = "Retry-After", .value = seconds};

    reply_failure_message(f, &message);
    json_object_set_new(error, "code", json_string(err_code(f->err)));
    json_object_set_new(error, "message", reply_string(buf_view(&message)));
    if (wait)
        json_object_set_new(error, "retry_after", json_integer((json_int_t)wait));
    if (f->turn_id.len)
        json_object_set_new(error, "turn_id", reply_string(f->turn_id));
    if (f->text.len)
        json_object_set_new(error, "text", reply_string(f->text));
    json_object_set_new(body, "error", error);
    snprintf(seconds, sizeof seconds, "%llu", (unsigned long long)wait);
    send_json(rq, (unsigned)err_http(f->err), body, &retry, wait ? 1 : 0);
    buf_fini(&message);
}

void reply_error(struct http_request *rq, enum err err)
{
    reply_failure(rq, &(struct reply_failure){.err = err});
}
