/* curl - libcurl transfers on the loop.
 *
 * The loop watches the descriptors and the timer that libcurl asks for. done is called by the loop
 * after libcurl has returned, so it may start and stop transfers. The callbacks of a transfer
 * (write, header) run inside libcurl and must not call it; calling loop_curl_stop there is a bug.
 */
#ifndef PROTO_LOOP_CURL_H
#define PROTO_LOOP_CURL_H
#include <curl/curl.h>

#include "loop/loop.h"

struct loop_curl;

/* A struct inside its owner; a zeroed one is not running. Uses CURLOPT_PRIVATE of the handle. */
struct curl_call {
    struct loop_curl *on; /* NULL: not running */
    CURL             *easy;
    void (*done)(void *ctx, CURLcode result);
    void *ctx;
};

/* keep: number of idle connections to keep for later transfers. */
struct loop_curl *loop_curl_new(struct loop *l, unsigned keep);
void              loop_curl_free(struct loop_curl **c); /* no transfer may be running */

void loop_curl_start(struct loop_curl *c, struct curl_call *call, CURL *easy,
                     void (*done)(void *ctx, CURLcode result), void *ctx);

/* Stops the transfer without calling done. Closes its connection unless the response was complete.
 */
void loop_curl_stop(struct curl_call *call);

#endif
