/* Headers of OpenRouter and of the providers behind it. */
#include <stdlib.h>
#include <strings.h>

#include <curl/curl.h>

#include "openrouter/retry_after.h"

uint64_t retry_after_bounded(double ms)
{
    if (!(ms > 0))
        return 0;
    return ms > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (uint64_t)ms;
}

/* Seconds, or an HTTP date. */
static uint64_t of_retry_after(const char *text, uint64_t wall)
{
    char  *end;
    double seconds = strtod(text, &end);

    if (end != text && !*end)
        return retry_after_bounded(seconds * 1000);
    time_t at = curl_getdate(text, NULL);
    return at < 0 ? 0 : retry_after_bounded((double)at * 1000 - (double)wall);
}

/* A time in milliseconds since 1970. */
static uint64_t of_limit_reset(const char *text, uint64_t wall)
{
    return retry_after_bounded(strtod(text, NULL) - (double)wall);
}

uint64_t retry_after_of_head(const struct upstream_head *head, uint64_t wall)
{
    uint64_t ms = retry_after_bounded(strtod(head->retry_after_ms, NULL));

    if (!ms && *head->retry_after)
        ms = of_retry_after(head->retry_after, wall);
    if (!ms && *head->limit_reset)
        ms = of_limit_reset(head->limit_reset, wall);
    return ms;
}

uint64_t retry_after_of_metadata(const json_t *metadata, uint64_t wall)
{
    const json_t *headers = json_object_get(metadata, "headers");
    const char   *key;
    json_t       *value;

    json_object_foreach((json_t *)headers, key, value)
    {
        if (strcasecmp(key, "retry-after") == 0 && json_is_string(value))
            return of_retry_after(json_string_value(value), wall);
        if (strcasecmp(key, "x-ratelimit-reset") == 0 && json_is_string(value))
            return of_limit_reset(json_string_value(value), wall);
    }
    return 0;
}
