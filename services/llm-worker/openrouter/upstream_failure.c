/* Reads errors in every form that was seen. */
#include <stdlib.h>
#include <string.h>

#include "openrouter/error_text.h"
#include "openrouter/json_get.h"
#include "openrouter/retry_after.h"
#include "openrouter/upstream_failure_table.h"

/* ---- the message ---- */

/* Whether an object or array begins here, possibly written over several lines. */
static bool begins_json(const char *at)
{
    const char *inside = at + 1 + strspn(at + 1, " \t\r\n");
    return strchr("{[", *at) && *inside && strchr("{[\"", *inside);
}

/* Where JSON begins in the text; its end if there is none. */
static const char *json_in(const char *text)
{
    const char *at = text;

    while (*at && !begins_json(at))
        at++;
    return at;
}

/* JSON in the text is replaced by the message inside it, or left out; HTML is dropped. */
static void read_text(char to[ERROR_TEXT_MAX + 1], const char *text)
{
    const char *json = json_in(text);
    json_t     *inner = *json ? json_loads(json, 0, NULL) : NULL;
    const char *found = error_text_find(inner);

    if (found && found[0] != '<')
        error_text_clean(to, str_of(found));
    else if (text[0] != '<')
        error_text_clean(to, (struct str){text, (size_t)(json - text)});
    json_decref(inner);
}

/* "Provider returned error" hides the reason, which is then in metadata.raw, or nowhere. */
static void read_detail(struct upstream_failure *f, const char *message, const json_t *metadata)
{
    const char *raw = error_text_find(json_object_get(metadata, "raw"));
    const char *provider = json_string_value(json_object_get(metadata, "provider_name"));
    bool        is_hidden = !*message || strcasestr(message, "provider returned error");
    char        text[ERROR_TEXT_MAX + 1] = "";
    struct buf  both = {0};

    if (!is_hidden) {
        read_text(f->detail, message);
        return;
    }
    if (raw)
        read_text(text, raw);
    buf_print(&both, "%s%s%s", provider ? provider : "", provider && *text ? ": " : "", text);
    error_text_clean(f->detail, buf_view(&both));
    buf_fini(&both);
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

/* NULL if the object has no name that we know. */
static const struct upstream_failure_name *name_of(const json_t *error)
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
    const struct upstream_failure_name *found = NULL;

    for (unsigned i = 0; !found && i < COUNT_OF(names); i++)
        found = upstream_failure_table_find(names[i]);
    return found;
}

/* The status in the object itself; 0: none. */
static unsigned status_of(const json_t *error)
{
    const struct upstream_failure_name *name = name_of(error);
    unsigned                            status = status_in(json_object_get(error, "code"));

    if (!status)
        status = status_in(json_object_get(error, "http_status"));
    return status || !name ? status : name->status;
}

static void read_name(struct upstream_failure *f, const json_t *error)
{
    const struct upstream_failure_name *name = name_of(error);

    if (!name || !name->err)
        return;
    f->err = name->err;
    f->retryable = false;
}

/* It is shown to the user. */
static bool is_model_name(const char *name)
{
    size_t len =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:._~-");
    return len > 0 && len <= LIMIT_MODEL && !name[len];
}

/* Since August 2026 some errors state whether a retry makes sense. */
static void read_availability(struct upstream_failure *f, const json_t *availability)
{
    const json_t *retryable = json_object_get(availability, "retryable");
    uint64_t      wait = retry_after_bounded(json_get_number(availability, "retry_after") * 1000);
    const char   *other =
        json_string_value(json_array_get(json_object_get(availability, "fallback_models"), 0));

    if (other && is_model_name(other))
        str_format(f->other_model, sizeof f->other_model, "%s", other);
    if (json_is_boolean(retryable))
        f->retryable = json_is_true(retryable);
    if (wait)
        f->retry_after_ms = wait;
}

/* Whatever the error states: a retry would need another key, more credit or another day. */
static bool is_permanent(enum err err, unsigned status)
{
    return (status >= 401 && status <= 403) || err == ERR_UPSTREAM_DAILY_LIMIT;
}

/* Only OpenRouter's own limits, which apply to an account, come with X-RateLimit-*. */
static bool is_account_limit(const struct upstream_head *head, const json_t *metadata,
                             const char *source)
{
    return *head->limit_reset || json_is_object(json_object_get(metadata, "headers")) ||
           (source && strncmp(source, "openrouter_", 11) == 0);
}

/* A model that our own settings exclude is not gone. */
static bool is_gone(const struct upstream_failure *f, const json_t *availability)
{
    static const char *const text[] = {"guardrail", "allowed providers"};
    const char              *code = json_string_value(json_object_get(availability, "code"));
    bool gone = f->err == ERR_UPSTREAM_MODEL && !(code && strcmp(code, "constraint_filtered") == 0);

    for (unsigned i = 0; i < COUNT_OF(text); i++)
        gone = gone && !strcasestr(f->detail, text[i]);
    return gone;
}

struct upstream_failure upstream_failure_of(enum err err, bool retryable, const char *detail)
{
    struct upstream_failure f = {.err = err, .retryable = retryable};

    error_text_clean(f.detail, str_of(detail));
    return f;
}

struct upstream_failure upstream_failure_of_end(enum upstream_end end)
{
    if (end == UPSTREAM_UNREACHED) {
        struct upstream_failure f =
            upstream_failure_of(ERR_UPSTREAM_ERROR, true, "OpenRouter could not be reached.");
        f.is_unrelated_to_model = true;
        return f;
    }
    if (end == UPSTREAM_UNTRUSTED)
        return upstream_failure_of(ERR_UPSTREAM_ERROR, false,
                                   "OpenRouter's certificate could not be verified.");
    return upstream_failure_of(ERR_UPSTREAM_TRUNCATED, true, "");
}

struct upstream_failure upstream_failure_of_error(const json_t               *error,
                                                  const struct upstream_head *head, uint64_t wall)
{
    struct upstream_failure f = {0};
    const json_t *inner = innermost(error), *metadata = json_object_get(inner, "metadata");
    const char   *message = error_text_find(inner);
    const char   *source = json_string_value(json_object_get(metadata, "limit_source"));
    unsigned      status = status_of(inner);

    if (!status)
        status = status_of(error);
    if (!status && head->status >= 400)
        status = head->status;
    upstream_failure_table_status(&f, status);
    f.retry_after_ms = retry_after_of_head(head, wall);
    if (!f.retry_after_ms)
        f.retry_after_ms = retry_after_of_metadata(metadata, wall);
    read_name(&f, inner);
    upstream_failure_table_message(&f, message ? message : "");
    read_detail(&f, message ? message : "", metadata);
    if (source && strstr(source, "_daily"))
        f.err = ERR_UPSTREAM_DAILY_LIMIT;
    read_availability(&f, json_object_get(inner, "availability"));
    if (is_permanent(f.err, status))
        f.retryable = false;
    if (!f.retryable)
        f.retry_after_ms = 0;
    f.is_unrelated_to_model = status == 429 && is_account_limit(head, metadata, source);
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

/* A short plain text is shown as it is. */
static bool is_plain_text(struct str body)
{
    return body.len && body.len <= ERROR_TEXT_MAX && !memchr("<{[\"", body.p[0], 4) &&
           str_is_utf8(body);
}

/* Neither an answer nor an error of OpenRouter's, such as the page of a proxy. */
static struct upstream_failure of_foreign_reply(const struct upstream_head *head, struct str body,
                                                uint64_t wall)
{
    struct upstream_failure f = {0};

    upstream_failure_table_status(&f, head->status);
    f.retryable |= head->status < 300; /* the next reply may be better */
    if (f.err == ERR_UPSTREAM_MODEL)   /* such a 404 is about the URL, not the model */
        f.err = ERR_UPSTREAM_ERROR;
    if (head->status >= 400 && is_plain_text(body))
        error_text_clean(f.detail, body);
    else
        str_format(f.detail, sizeof f.detail, "OpenRouter answered with status %u and %s.",
                   head->status, kind_of(body));
    if (f.retryable)
        f.retry_after_ms = retry_after_of_head(head, wall);
    return f;
}

struct upstream_failure upstream_failure_of_reply(const struct upstream_head *head, struct str body,
                                                  uint64_t wall)
{
    body = str_trim(body);
    json_t       *j = body.len ? json_loadb(body.p, body.len, JSON_ALLOW_NUL, NULL) : NULL;
    const json_t *first = json_is_array(j) ? json_array_get(j, 0) : j;
    const json_t *error = json_object_get(first, "error");
    bool          is_bare = json_is_string(json_object_get(first, "message"));
    struct upstream_failure f;

    if (error && !json_is_null(error))
        f = upstream_failure_of_error(error, head, wall);
    else if (is_bare)
        f = upstream_failure_of_error(first, head, wall);
    else
        f = of_foreign_reply(head, body, wall);
    json_decref(j);
    return f;
}
