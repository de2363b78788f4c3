/* Spans as JSON, in batches, by libcurl. */
#include <stdlib.h>

#include <jansson.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/span.h"
#include "base/uuid.h"
#include "loop/curl.h"
#include "loop/otlp.h"

#define GATHER_MS  1000
#define BATCH      512  /* so many leave at once */
#define SPANS_MAX  2048 /* that wait, at most */
#define TIMEOUT_MS 5000L
#define LAST_MS    1000L /* for the last ones, when the process ends */

struct otlp {
    struct loop       *loop;
    struct loop_curl  *curl;
    char              *url; /* owned */
    struct uuid        instance;
    const char        *service; /* borrowed */
    json_t            *spans;   /* that wait */
    struct timer       gather;
    struct curl_call   call;
    CURL              *easy;
    struct curl_slist *headers;
    char              *body;  /* owned by jansson; NULL: nothing is under way */
    size_t             count; /* of the spans in it */
    bool               is_away;
};

/* ---- one span ---- */

static json_t *text_of(const char *text)
{
    struct str s = str_of(text);
    json_t    *value = json_stringn(s.p, s.len);

    return value ? value : json_string("?"); /* it was no UTF-8 */
}

static json_t *attribute(const char *key, json_t *value)
{
    return json_pack("{s:s,s:o}", "key", key, "value", value);
}

/* 64 bit numbers are strings in OTLP's JSON. */
static json_t *decimal(uint64_t number)
{
    char text[24];

    str_format(text, sizeof text, "%llu", (unsigned long long)number);
    return json_string(text);
}

static json_t *value_of(const struct span_field *f)
{
    switch (f->type) {
    case SPAN_TEXT:
        return json_pack("{s:o}", "stringValue", text_of(f->text));
    case SPAN_TEXT_LIST:
        return json_pack("{s:{s:[{s:o}]}}", "arrayValue", "values", "stringValue",
                         text_of(f->text));
    case SPAN_NUMBER:
        return json_pack("{s:o}", "intValue", decimal((uint64_t)f->number));
    case SPAN_REAL:
        break;
    }
    return json_pack("{s:f}", "doubleValue", f->number);
}

static bool is_known(const struct span_field *f)
{
    bool is_text = f->type == SPAN_TEXT || f->type == SPAN_TEXT_LIST;
    return is_text ? f->text && *f->text : !isnan(f->number);
}

static json_t *attributes_of(const struct span_end *end)
{
    json_t *all = json_array();

    for (unsigned i = 0; i < end->count; i++) {
        const struct span_field *f = &end->fields[i];
        if (is_known(f))
            json_array_append_new(all, attribute(f->key, value_of(f)));
    }
    if (end->error)
        json_array_append_new(
            all, attribute("error.type", json_pack("{s:o}", "stringValue", text_of(end->error))));
    return all;
}

static json_t *span_json(const struct span *s, const struct span_end *end)
{
    json_t *o = json_pack("{s:s,s:s,s:o,s:i,s:o,s:o,s:o}", "traceId", s->at.trace, "spanId",
                          s->at.span, "name", text_of(s->name), "kind", (int)s->kind,
                          "startTimeUnixNano", decimal(s->began_us * 1000), "endTimeUnixNano",
                          decimal(end->ended_us * 1000), "attributes", attributes_of(end));

    if (*s->parent)
        json_object_set_new(o, "parentSpanId", json_string(s->parent));
    if (end->error)
        json_object_set_new(o, "status", json_pack("{s:i}", "code", 2));
    return o;
}

/* ---- a batch ---- */

static json_t *resource_of(const struct otlp *o)
{
    return json_pack("{s:[{s:s,s:{s:s}},{s:s,s:{s:s}},{s:s,s:{s:s}}]}", "attributes", "key",
                     "service.name", "value", "stringValue", o->service, "key", "service.namespace",
                     "value", "stringValue", "automotive-chat", "key", "service.instance.id",
                     "value", "stringValue", o->instance.text);
}

/* The oldest that wait; the caller frees the text. */
static char *take_batch(struct otlp *o)
{
    json_t *batch = json_array();

    for (size_t i = 0; i < BATCH && i < json_array_size(o->spans); i++)
        json_array_append(batch, json_array_get(o->spans, i));
    o->count = json_array_size(batch);
    json_t *rest = json_array();
    for (size_t i = o->count; i < json_array_size(o->spans); i++)
        json_array_append(rest, json_array_get(o->spans, i));
    json_decref(o->spans);
    o->spans = rest;

    json_t *all =
        json_pack("{s:[{s:o,s:[{s:{s:s},s:o}]}]}", "resourceSpans", "resource", resource_of(o),
                  "scopeSpans", "scope", "name", "automotive-chat", "spans", batch);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    must(text != NULL);
    return text;
}

static size_t skip(char *bytes, size_t one, size_t len, void *ctx)
{
    (void)bytes;
    (void)one;
    (void)ctx;
    return len;
}

static void prepare(struct otlp *o, long timeout_ms)
{
    curl_easy_reset(o->easy);
    curl_easy_setopt(o->easy, CURLOPT_URL, o->url);
    curl_easy_setopt(o->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(o->easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a look-up of a name */
    curl_easy_setopt(o->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(o->easy, CURLOPT_HTTPHEADER, o->headers);
    curl_easy_setopt(o->easy, CURLOPT_POSTFIELDS, o->body);
    curl_easy_setopt(o->easy, CURLOPT_WRITEFUNCTION, skip);
}

/* ---- how it went ---- */

static void note(struct otlp *o, const char *why)
{
    if (why && !o->is_away)
        log_warn(0, "otlp.unavailable", "url=%s why=%s", log_quote(str_of(o->url)),
                 log_quote(str_of(why)));
    if (!why && o->is_away)
        log_info(0, "otlp.back", "url=%s", log_quote(str_of(o->url)));
    o->is_away = why != NULL;
}

static void end_batch(struct otlp *o, CURLcode result)
{
    long status = 0;

    curl_easy_getinfo(o->easy, CURLINFO_RESPONSE_CODE, &status);
    bool is_sent = result == CURLE_OK && status >= 200 && status < 300;
    bool is_refused = result == CURLE_OK && !is_sent;
    metric_add_for(METRIC_SPANS,
                   is_sent      ? "sent"
                   : is_refused ? "refused"
                                : "dropped",
                   NULL, (double)o->count);
    note(o, is_sent ? NULL : is_refused ? "the collector refused" : curl_easy_strerror(result));
    free(o->body);
    o->body = NULL;
}

static void send_batch(void *ctx);

static void on_done(void *ctx, CURLcode result)
{
    struct otlp *o = ctx;

    end_batch(o, result);
    if (json_array_size(o->spans) >= BATCH)
        send_batch(o);
    else if (json_array_size(o->spans))
        timer_start(&o->gather, o->loop, GATHER_MS, send_batch, o);
}

static void send_batch(void *ctx)
{
    struct otlp *o = ctx;

    if (o->body) /* on_done goes on */
        return;
    timer_stop(&o->gather);
    o->body = take_batch(o);
    prepare(o, TIMEOUT_MS);
    loop_curl_start(o->curl, &o->call, o->easy, on_done, o);
}

/* Called from wherever a span ends: it starts at most a timer. */
static void take(void *ctx, const struct span *s, const struct span_end *end)
{
    struct otlp *o = ctx;
    size_t       waiting = json_array_size(o->spans);

    if (waiting >= SPANS_MAX) {
        metric_add_for(METRIC_SPANS, "dropped", NULL, 1);
        return;
    }
    json_array_append_new(o->spans, span_json(s, end));
    if (!o->body && (waiting == 0 || waiting + 1 == BATCH))
        timer_start(&o->gather, o->loop, waiting ? 0 : GATHER_MS, send_batch, o);
}

/* ---- open and close ---- */

static char *url_of(const char *endpoint)
{
    struct buf url = {0};
    struct str base = str_of(endpoint);

    while (base.len && base.p[base.len - 1] == '/')
        base.len--;
    buf_str(&url, base);
    buf_str(&url, STR("/v1/traces"));
    return buf_take(&url);
}

struct otlp *otlp_open(struct loop *l, const char *endpoint, const char *service)
{
    if (!*endpoint)
        return NULL;
    struct otlp *o = mem_new(sizeof *o);
    o->loop = l;
    o->service = service;
    o->instance = uuid_new();
    o->url = url_of(endpoint);
    o->spans = json_array();
    o->curl = loop_curl_new(l, 1);
    o->easy = curl_easy_init();
    o->headers = curl_slist_append(NULL, "Content-Type: application/json");
    must(o->easy && o->headers);
    span_sink(take, o);
    return o;
}

static void drop(size_t count)
{
    if (count)
        metric_add_for(METRIC_SPANS, "dropped", NULL, (double)count);
}

static void send_last(struct otlp *o)
{
    if (!json_array_size(o->spans))
        return;
    o->body = take_batch(o);
    prepare(o, LAST_MS);
    end_batch(o, curl_easy_perform(o->easy));
}

void otlp_close(struct otlp **otlp)
{
    struct otlp *o = *otlp;

    if (!o)
        return;
    span_sink(NULL, NULL);
    timer_stop(&o->gather);
    loop_curl_stop(&o->call);
    if (o->body) /* was under way */
        drop(o->count);
    free(o->body);
    send_last(o);
    drop(json_array_size(o->spans));
    curl_easy_cleanup(o->easy);
    curl_slist_free_all(o->headers);
    loop_curl_free(&o->curl);
    json_decref(o->spans);
    free(o->url);
    free(o);
    *otlp = NULL;
}
