/* Options of libcurl, and the meaning of its results. */
#include <string.h>

#include <sodium.h>

#include "openrouter/upstream.h"

#define READ_SIZE          4096L  /* of each transfer; an event has a few hundred bytes */
#define UPLOAD_SIZE        16384L /* the minimum of libcurl */
#define KEEPALIVE_IDLE     30L    /* s without traffic until the first probe */
#define KEEPALIVE_INTERVAL 10L

/* ---- the request ---- */

static void add_header(struct curl_slist **headers, const char *name, struct str value)
{
    struct buf line = {0};

    buf_print(&line, "%s: ", name);
    buf_str(&line, value);
    struct curl_slist *longer = curl_slist_append(*headers, line.p);
    must(longer != NULL);
    *headers = longer;
    sodium_memzero(line.p, line.len); /* it may hold the key */
    buf_fini(&line);
}

static void add_key(struct curl_slist **headers, struct str key)
{
    struct buf bearer = {0};

    buf_str(&bearer, STR("Bearer "));
    buf_str(&bearer, key);
    add_header(headers, "Authorization", buf_view(&bearer));
    sodium_memzero(bearer.p, bearer.len);
    buf_fini(&bearer);
}

static struct curl_slist *headers_of(const struct upstream *u, const struct upstream_request *rq)
{
    struct curl_slist *headers = NULL;

    if (rq->key.len)
        add_key(&headers, rq->key);
    if (rq->body.len) {
        add_header(&headers, "Accept", STR("text/event-stream"));
        add_header(&headers, "Content-Type", STR("application/json"));
        add_header(&headers, "Expect", STR("")); /* an empty value suppresses it */
    } else {
        add_header(&headers, "Accept", STR("application/json"));
    }
    if (rq->trace && *rq->trace)
        add_header(&headers, "traceparent", str_of(rq->trace));
    if (*u->referer)
        add_header(&headers, "HTTP-Referer", str_of(u->referer));
    if (*u->title)
        add_header(&headers, "X-OpenRouter-Title", str_of(u->title));
    return headers;
}

void upstream_wipe(struct curl_slist **headers)
{
    for (struct curl_slist *h = *headers; h; h = h->next)
        sodium_memzero(h->data, strlen(h->data));
    curl_slist_free_all(*headers);
    *headers = NULL;
}

static void set_url(const struct upstream *u, const char *path, CURL *easy)
{
    size_t     len = strlen(u->base_url);
    struct buf url = {0};

    while (len && u->base_url[len - 1] == '/')
        len--;
    buf_add(&url, u->base_url, len);
    buf_str(&url, str_of(path));
    curl_easy_setopt(easy, CURLOPT_URL, url.p);
    buf_fini(&url);
}

static void set_connection(const struct upstream *u, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for name resolution */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, READ_SIZE);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_SIZE);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)u->connect_ms);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
    if (*u->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, u->ca_file);
}

struct curl_slist *upstream_prepare(const struct upstream *u, const struct upstream_request *rq,
                                    CURL *easy)
{
    struct curl_slist *headers = headers_of(u, rq);

    set_url(u, rq->path, easy);
    set_connection(u, easy);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "automotive-chat");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (rq->body.len) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)rq->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, rq->body.p);
    } else {
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING,
                         ""); /* everything that libcurl can decode */
    }
    return headers;
}

/* ---- the reply ---- */

static void copy_header(CURL *easy, const char *name, char *to, size_t size)
{
    struct curl_header *h;

    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK)
        str_format(to, size, "%s", h->value);
}

struct upstream_head upstream_head(CURL *easy)
{
    struct upstream_head head = {0};
    long                 status = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    head.status = (unsigned)status;
    copy_header(easy, "Content-Type", head.type, sizeof head.type);
    copy_header(easy, "X-Generation-Id", head.generation, sizeof head.generation);
    copy_header(easy, "Retry-After", head.retry_after, sizeof head.retry_after);
    copy_header(easy, "Retry-After-Ms", head.retry_after_ms, sizeof head.retry_after_ms);
    copy_header(easy, "X-RateLimit-Reset", head.limit_reset, sizeof head.limit_reset);
    return head;
}

enum upstream_end upstream_end(CURLcode result)
{
    switch ((int)result) {
    case CURLE_OK:
        return UPSTREAM_WHOLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return UPSTREAM_UNTRUSTED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_OPERATION_TIMEDOUT: /* the only time limit set in libcurl is for connecting */
    case CURLE_SSL_CONNECT_ERROR:
        return UPSTREAM_UNREACHED;
    default:
        return UPSTREAM_CUT;
    }
}
