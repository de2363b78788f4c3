/* upstream - HTTP with OpenRouter: options and headers of a request, head and end of a reply.
 *
 * HTTP/1.1 with reused connections: with HTTP/2, libcurl opens a connection for every request over
 * the server's stream limit anyway, at three times the cost (measured with 7.88). */
#ifndef LLM_WORKER_OPENROUTER_UPSTREAM_H
#define LLM_WORKER_OPENROUTER_UPSTREAM_H
#include <stdint.h>

#include <curl/curl.h>

#include "base/str.h"
#include "openrouter/upstream_reply.h"

struct upstream {
    const char *base_url;
    const char *referer, *title; /* empty: not sent */
    const char *ca_file;         /* empty: those of the system */
    uint64_t    connect_ms;
};

struct upstream_request {
    const char *path; /* behind the base URL */
    struct str  key;  /* empty: none is sent */
    struct str  body; /* empty: a GET; else a POST that asks for a stream.  Outlives the transfer */
    const char *trace; /* a traceparent; NULL or empty: none is sent */
};

/* Sets up a new or reset handle, except for its write callback.  The headers must outlive the
 * transfer and are freed with upstream_wipe. */
struct curl_slist *upstream_prepare(const struct upstream *u, const struct upstream_request *rq,
                                    CURL *easy);
void               upstream_wipe(struct curl_slist **headers); /* the key is one of them */

/* Status 0: there was no reply. */
struct upstream_head upstream_head(CURL *easy);
enum upstream_end    upstream_end(CURLcode result);

#endif
