/* upstream - how OpenRouter is spoken to: options and headers of a request, head and end of a
 * reply.
 *
 * HTTP/1.1 with kept connections: with HTTP/2 libcurl opens a connection for
 * every request over the server's stream limit anyway, at three times the cost
 * (measured with 7.88). */
#ifndef LLM_WORKER_UPSTREAM_H
#define LLM_WORKER_UPSTREAM_H
#include <stdint.h>

#include <curl/curl.h>

#include "base/str.h"
#include "openrouter/reply.h"

struct upstream {
    const char *base_url;
    const char *referer, *title; /* empty: not sent */
    const char *ca_file;         /* empty: the system's */
    uint64_t    connect_ms;
};

struct upstream_request {
    const char *path;  /* behind the base URL */
    struct str  key;   /* empty: none is sent */
    struct str  body;  /* a POST that asks for a stream; empty: a GET.  Must outlive the transfer */
    const char *trace; /* a traceparent to send along; NULL or empty: none */
};

/* Sets up a fresh or reset handle; the write callback is the caller's.  The
 * headers are to be ended with upstream_wipe when the handle is done with them. */
struct curl_slist *upstream_prepare(const struct upstream *u, const struct upstream_request *rq,
                                    CURL *easy);
void               upstream_wipe(struct curl_slist **headers); /* the key is among them */

/* Status 0: there was no reply. */
struct reply_head upstream_head(CURL *easy);
enum reply_end    upstream_end(CURLcode result);

#endif
