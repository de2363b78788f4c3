/* listen - the two ways to hear of a turn: one JSON at its end, or events as they come. */
#ifndef GATEWAY_LISTEN_H
#define GATEWAY_LISTEN_H
#include "gateway.h"
#include "turn/subscribers.h"

/* Both make a listener that belongs to the request: it answers it, frees itself
 * then, and leaves its audience when the client goes. */
struct listener *listen_json(struct http_request *rq);

/* Opens the stream.  after: bytes of the answer that the client has already. */
struct listener *listen_events(struct http_request *rq, size_t after);

bool listen_wants_events(struct http_request *rq); /* Accept: text/event-stream */

extern const struct http_field event_fields[]; /* of a reply that is events */
extern const unsigned          event_field_count;

#endif
