/* curl - libcurl's transfers on the loop.
 *
 * libcurl tells which descriptors and which one timer it wants watched; the
 * loop calls it when something happened there.  done is called by the loop when
 * libcurl has returned, so it may do anything, start and stop transfers too.
 * The callbacks of a transfer (write, header) run inside libcurl: they must not
 * call it, and loop_curl_stop there is a bug. */
#ifndef PROTO_LOOP_CURL_H
#define PROTO_LOOP_CURL_H
#include <curl/curl.h>

#include "loop/loop.h"

struct loop_curl;

/* A struct inside its owner; zeroed it is one that does not run.  Uses the
 * handle's CURLOPT_PRIVATE. */
struct curl_call {
    struct loop_curl *on; /* NULL: does not run */
    CURL             *easy;
    void (*done)(void *ctx, CURLcode result);
    void *ctx;
};

/* keep: idle connections kept open for the next transfer. */
struct loop_curl *loop_curl_new(struct loop *l, unsigned keep);
void              loop_curl_free(struct loop_curl **c); /* nothing may run any more */

void loop_curl_start(struct loop_curl *c, struct curl_call *call, CURL *easy,
                     void (*done)(void *ctx, CURLcode result), void *ctx);

/* Ends it without done; its connection is closed at once unless the answer was
 * already whole. */
void loop_curl_stop(struct curl_call *call);

#endif
