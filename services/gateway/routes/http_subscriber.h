/* http_subscriber - connects a turn to an HTTP request: one JSON at its end, or events as they
 * come.
 *
 * A subscriber belongs to its request: it replies, frees itself then, and
 * leaves the turn when the client goes. */
#ifndef GATEWAY_HTTP_SUBSCRIBER_H
#define GATEWAY_HTTP_SUBSCRIBER_H
#include "loop/http.h"
#include "turn/subscribers.h"

struct subscriber *http_subscriber_json(struct http_request *rq);

/* Opens the stream.  after: bytes of the answer that the client has already. */
struct subscriber *http_subscriber_events(struct http_request *rq, size_t after);

bool http_subscriber_wants_events(struct http_request *rq); /* Accept: text/event-stream */

#endif
