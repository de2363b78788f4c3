/* Errors in every form they were seen in. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "openrouter/failure.h"

#define WAIT_MAX (10 * 60 * 1000) /* ms; whoever says more is not worth waiting for */

/* ---- what a status means ---- */

static const struct {
    unsigned status;
    enum err err;
    bool     retryable;
} statuses[] = {
    {401, ERR_UPSTREAM_KEY, false},
    {402, ERR_UPSTREAM_CREDIT, false},
    {404, ERR_UPSTREAM_MODEL, false},
    {408, ERR_UPSTREAM_TIMEOUT, true},
    {413, ERR_UPSTREAM_CONTEXT_LENGTH, false},
    {429, ERR_UPSTREAM_RATE_LIMITED, true},
    {504, ERR_UPSTREAM_TIMEOUT, true},
    {524, ERR_UPSTREAM_TIMEOUT, true},
};

static void take_status(struct failure *f, unsigned status)
{
    f->status = status;
    f->err = status >= 400 && status < 500 ? ERR_UPSTREAM_REFUSED : ERR_UPSTREAM_ERROR;
    f->retryable = status == 0 || status >= 500;
    for (unsigned i = 0; i < COUNT_OF(statuses); i++) {
        if (statuses[i].status == status) {
            f->err = statuses[i].err;
            f->retryable = statuses[i].retryable;
        }
    }
}

/* error_type and availability.code, and the words some providers put in "code".
 * err: what it means, ERR_OK: what the status says. */
static const struct named {
    const char *name;
    unsigned    status;
    enum err    err;
} named[] = {
    {"context_length_exceeded", 400, ERR_UPSTREAM_CONTEXT_LENGTH},
    {"max_tokens_exceeded", 400, ERR_OK},
    {"token_limit_exceeded", 400, ERR_UPSTREAM_CONTEXT_LENGTH},
    {"string_too_long", 400, ERR_UPSTREAM_CONTEXT_LENGTH},
    {"invalid_request", 400, ERR_OK},
    {"invalid_request_error", 400, ERR_OK},
    {"invalid_prompt", 400, ERR_OK},
    {"content_policy_violation", 400, ERR_UPSTREAM_MODERATED},
    {"refusal", 400, ERR_UPSTREAM_MODERATED},
    {"unsupported_value", 400, ERR_OK},
    {"wrong_endpoint", 400, ERR_OK},
    {"authentication", 401, ERR_OK},
    {"payment_required", 402, ERR_OK},
    {"permission_denied", 403, ERR_OK},
    {"region_restricted", 403, ERR_OK},
    {"model_not_found", 404, ERR_UPSTREAM_MODEL},
    {"not_found", 404, ERR_OK},
    {"no_endpoints", 404, ERR_UPSTREAM_MODEL},
    {"model_deprecated", 404, ERR_UPSTREAM_MODEL},
    {"model_unavailable_upstream", 404, ERR_UPSTREAM_MODEL},
    {"free_variant_ended", 404, ERR_UPSTREAM_MODEL},
    {"privacy_restricted", 404, ERR_UPSTREAM_PRIVACY},
    {"constraint_filtered", 404, ERR_UPSTREAM_MODEL},
    {"timeout", 408, ERR_OK},
    {"precondition_failed", 412, ERR_OK},
    {"payload_too_large", 413, ERR_OK},
    {"unprocessable", 422, ERR_OK},
    {"rate_limit_exceeded", 429, ERR_OK},
    {"capacity_exhausted", 429, ERR_OK},
    {"server", 500, ERR_OK},
    {"server_error", 500, ERR_OK},
    {"unmapped", 500, ERR_OK},
    {"provider_unavailable", 502, ERR_OK},
    {"provider_overloaded", 503, ERR_OK},
    {"temporarily_unavailable", 503, ERR_OK},
};

static const struct named *named_find(const char *name)
{
    for (unsigned i = 0; name && i < COUNT_OF(named); i++)
        if (strcmp(named[i].name, name) == 0)
            return &named[i];
    return NULL;
}

/* Messages that say more than their status; none of them goes away by trying again. */
static const struct {
    unsigned    status;
    const char *part;
    enum err    err;
} told[] = {
    {400, "not a valid model", ERR_UPSTREAM_MODEL},
    {400, "context length", ERR_UPSTREAM_CONTEXT_LENGTH},
    {400, "token limit", ERR_UPSTREAM_CONTEXT_LENGTH},
    {403, "key limit", ERR_UPSTREAM_CREDIT},
    {403, "moderation", ERR_UPSTREAM_MODERATED},
    {403, "flagged", ERR_UPSTREAM_MODERATED},
    {403, "request blocked", ERR_UPSTREAM_MODERATED},
    {404, "data policy", ERR_UPSTREAM_PRIVACY},
    {429, "per-day", ERR_UPSTREAM_DAILY_LIMIT},
};

static void take_message(struct failure *f, const char *message)
{
    for (unsigned i = 0; i < COUNT_OF(told); i++) {
        if (told[i].status == f->status && strcasestr(message, told[i].part)) {
            f->err = told[i].err;
            f->retryable = false;
        }
    }
}

/* ---- what it says ---- */

/* Whether an object or array begins here; providers also write it over several lines. */
static bool begins_json(const char *at)
{
    const char *inside = at + 1 + strspn(at + 1, " \t\r\n");
    return strchr("{[", *at) && *inside && strchr("{[\"", *inside);
}

/* Where JSON begins in a text, its end if there is none. */
static const char *json_in(const char *words)
{
    const char *at = words;

    while (*at && !begins_json(at))
        at++;
    return at;
}

/* JSON in the words is opened for the sentence in it, else left out; HTML says nothing. */
static void take_words(char to[WORDS_MAX + 1], const char *words)
{
    const char *json = json_in(words);
    json_t     *inner = *json ? json_loads(json, 0, NULL) : NULL;
    const char *found = words_find(inner);

    if (found && found[0] != '<')
        words_clean(to, str_of(found));
    else if (words[0] != '<')
        words_clean(to, (struct str){words, (size_t)(json - words)});
    json_decref(inner);
}

/* "Provider returned error" hides the reason, which is then in metadata.raw, or nowhere. */
static void take_detail(struct failure *f, const char *message, const json_t *metadata)
{
    const char *raw = words_find(json_object_get(metadata, "raw"));
    const char *provider = json_string_value(json_object_get(metadata, "provider_name"));
    bool        is_hidden = !*message || strcasestr(message, "provider returned error");
    char        words[WORDS_MAX + 1] = "";
    struct buf  both = {0};

    if (!is_hidden) {
        take_words(f->detail, message);
        return;
    }
    if (raw)
        take_words(words, raw);
    buf_print(&both, "%s%s%s", provider ? provider : "", provider && *words ? ": " : "", words);
    words_clean(f->detail, buf_view(&both));
    buf_fini(&both);
}

/* ---- how long to wait ---- */

static uint64_t bounded_wait(double ms)
{
    if (!(ms > 0))
        return 0;
    return ms > WAIT_MAX ? WAIT_MAX : (uint64_t)ms;
}

/* Retry-After: seconds, or an HTTP date. */
static uint64_t wait_of_retry_after(const char *text, uint64_t wall)
{
    char  *end;
    double seconds = strtod(text, &end);

    if (end != text && !*end)
        return bounded_wait(seconds * 1000);
    time_t at = curl_getdate(text, NULL);
    return at < 0 ? 0 : bounded_wait((double)at * 1000 - (double)wall);
}

/* X-RateLimit-Reset is a time in milliseconds since 1970. */
static uint64_t wait_of_reset(const char *text, uint64_t wall)
{
    return bounded_wait(strtod(text, NULL) - (double)wall);
}

static uint64_t wait_of_head(const struct reply_head *head, uint64_t wall)
{
    uint64_t ms = bounded_wait(strtod(head->retry_after_ms, NULL));

    if (!ms && *head->retry_after)
        ms = wait_of_retry_after(head->retry_after, wall);
    if (!ms && *head->limit_reset)
        ms = wait_of_reset(head->limit_reset, wall);
    return ms;
}

static uint64_t wait_of_metadata(const json_t *metadata, uint64_t wall)
{
    const json_t *headers = json_object_get(metadata, "headers");
    const char   *key;
    json_t       *value;

    json_object_foreach((json_t *)headers, key, value)
    {
        if (strcasecmp(key, "retry-after") == 0 && json_is_string(value))
            return wait_of_retry_after(json_string_value(value), wall);
        if (strcasecmp(key, "x-ratelimit-reset") == 0 && json_is_string(value))
            return wait_of_reset(json_string_value(value), wall);
    }
    return 0;
}

/* ---- the error object ---- */

/* {"error":{"error":{...},"code":402}} was seen. */
static const json_t *innermost(const json_t *error)
{
    const json_t *inner = json_object_get(error, "error");
    return json_is_object(inner) ? inner : error;
}

static unsigned status_in(const json_t *value)
{
    double status = json_number_value(value);

    if (json_is_string(value))
        status = strtod(json_string_value(value), NULL);
    return status >= 400 && status <= 599 ? (unsigned)status : 0;
}

/* What the object calls itself, NULL if that is nothing we know. */
static const struct named *name_told(const json_t *error)
{
    const json_t     *metadata = json_object_get(error, "metadata");
    const json_t     *availability = json_object_get(error, "availability");
    const char *const names[] = {
        json_string_value(json_object_get(error, "error_type")),
        json_string_value(json_object_get(metadata, "error_type")),
        json_string_value(json_object_get(availability, "code")),
        json_string_value(json_object_get(error, "code")),
        json_string_value(json_object_get(error, "type")),
    };
    const struct named *found = NULL;

    for (unsigned i = 0; !found && i < COUNT_OF(names); i++)
        found = named_find(names[i]);
    return found;
}

/* The status the object itself tells, 0 if it tells none that we know. */
static unsigned status_told(const json_t *error)
{
    const struct named *name = name_told(error);
    unsigned            status = status_in(json_object_get(error, "code"));

    if (!status)
        status = status_in(json_object_get(error, "http_status"));
    return status || !name ? status : name->status;
}

static void take_name(struct failure *f, const json_t *error)
{
    const struct named *name = name_told(error);

    if (!name || !name->err)
        return;
    f->err = name->err;
    f->retryable = false;
}

/* It will be read by a person. */
static bool is_model_name(const char *name)
{
    size_t len =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:._~-");
    return len > 0 && len <= LIMIT_MODEL && !name[len];
}

/* Since August 2026 some errors say for themselves whether a retry makes sense. */
static void take_availability(struct failure *f, const json_t *availability)
{
    const json_t *retryable = json_object_get(availability, "retryable");
    uint64_t      wait =
        bounded_wait(json_number_value(json_object_get(availability, "retry_after")) * 1000);

    const char *other =
        json_string_value(json_array_get(json_object_get(availability, "fallback_models"), 0));

    if (other && is_model_name(other))
        str_format(f->other_model, sizeof f->other_model, "%s", other);
    if (json_is_boolean(retryable))
        f->retryable = json_is_true(retryable);
    if (wait)
        f->retry_after_ms = wait;
}

/* Whatever it says of itself: another try would need another key, more credit,
 * another question or another day. */
static bool never_again(enum err err, unsigned status)
{
    return (status >= 401 && status <= 403) || err == ERR_UPSTREAM_DAILY_LIMIT;
}

/* Only OpenRouter's own limits, which count by account, come with X-RateLimit-*. */
static bool is_of_key(const struct reply_head *head, const json_t *metadata, const char *source)
{
    return *head->limit_reset || json_is_object(json_object_get(metadata, "headers")) ||
           (source && strncmp(source, "openrouter_", 11) == 0);
}

/* What our own wishes rule out is not gone. */
static bool is_gone(const struct failure *f, const json_t *availability)
{
    static const char *const words[] = {"guardrail", "allowed providers"};
    const char              *code = json_string_value(json_object_get(availability, "code"));
    bool gone = f->err == ERR_UPSTREAM_MODEL && !(code && strcmp(code, "constraint_filtered") == 0);

    for (unsigned i = 0; i < COUNT_OF(words); i++)
        gone = gone && !strcasestr(f->detail, words[i]);
    return gone;
}

struct failure failure_of(enum err err, bool retryable, const char *detail)
{
    struct failure f = {.err = err, .retryable = retryable};

    words_clean(f.detail, str_of(detail));
    return f;
}

struct failure failure_of_end(enum reply_end end)
{
    if (end == REPLY_UNREACHED) {
        struct failure f = failure_of(ERR_UPSTREAM_ERROR, true, "OpenRouter could not be reached.");
        f.is_elsewhere = true;
        return f;
    }
    if (end == REPLY_UNTRUSTED)
        return failure_of(ERR_UPSTREAM_ERROR, false,
                          "OpenRouter's certificate could not be verified.");
    return failure_of(ERR_UPSTREAM_TRUNCATED, true, "");
}

struct failure failure_of_error(const json_t *error, const struct reply_head *head, uint64_t wall)
{
    struct failure f = {0};
    const json_t  *inner = innermost(error), *metadata = json_object_get(inner, "metadata");
    const char    *message = words_find(inner);
    const char    *source = json_string_value(json_object_get(metadata, "limit_source"));
    unsigned       status = status_told(inner);

    if (!status)
        status = status_told(error);
    if (!status && head->status >= 400)
        status = head->status;
    take_status(&f, status);
    f.retry_after_ms = wait_of_head(head, wall);
    if (!f.retry_after_ms)
        f.retry_after_ms = wait_of_metadata(metadata, wall);
    take_name(&f, inner);
    take_message(&f, message ? message : "");
    take_detail(&f, message ? message : "", metadata);
    if (source && strstr(source, "_daily"))
        f.err = ERR_UPSTREAM_DAILY_LIMIT;
    take_availability(&f, json_object_get(inner, "availability"));
    if (never_again(f.err, status))
        f.retryable = false;
    if (!f.retryable)
        f.retry_after_ms = 0;
    f.is_elsewhere = status == 429 && is_of_key(head, metadata, source);
    f.is_gone = is_gone(&f, json_object_get(inner, "availability"));
    return f;
}

/* ---- a whole reply ---- */

static const char *kind_of(struct str body)
{
    if (!body.len)
        return "nothing else";
    return body.p[0] == '<' ? "a web page" : "something that cannot be read";
}

/* A short plain text is shown as it is; JSON that names no error is not. */
static bool is_plain_words(struct str body)
{
    return body.len && body.len <= WORDS_MAX && !memchr("<{[\"", body.p[0], 4) && str_is_utf8(body);
}

static struct failure failure_of_strange_reply(const struct reply_head *head, struct str body,
                                               uint64_t wall)
{
    struct failure f = {0};

    take_status(&f, head->status);
    f.retryable |= head->status < 300; /* whoever sent this may do better the next time */
    if (f.err == ERR_UPSTREAM_MODEL)   /* no page says that of a model: the address is wrong */
        f.err = ERR_UPSTREAM_ERROR;
    if (head->status >= 400 && is_plain_words(body))
        words_clean(f.detail, body);
    else
        str_format(f.detail, sizeof f.detail, "OpenRouter answered with status %u and %s.",
                   head->status, kind_of(body));
    if (f.retryable)
        f.retry_after_ms = wait_of_head(head, wall);
    return f;
}

struct failure failure_of_reply(const struct reply_head *head, struct str body, uint64_t wall)
{
    body = str_trim(body);
    json_t        *j = body.len ? json_loadb(body.p, body.len, JSON_ALLOW_NUL, NULL) : NULL;
    const json_t  *first = json_is_array(j) ? json_array_get(j, 0) : j;
    const json_t  *error = json_object_get(first, "error");
    bool           bare = json_is_string(json_object_get(first, "message"));
    struct failure f;

    if (error && !json_is_null(error))
        f = failure_of_error(error, head, wall);
    else if (bare)
        f = failure_of_error(first, head, wall);
    else
        f = failure_of_strange_reply(head, body, wall);
    json_decref(j);
    return f;
}
