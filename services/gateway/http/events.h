/* events - formats server-sent events (WHATWG HTML, 9.2). */
#ifndef GATEWAY_EVENTS_H
#define GATEWAY_EVENTS_H
#include <jansson.h>

#include "base/str.h"

/* The id is "<turn_id>:<offset>"; offset: bytes of the answer that the client has after this event.
 * Takes data, and writes it as one line of JSON, as events require. */
void events_add(struct buf *out, const char *turn_id, size_t offset, const char *name,
                json_t *data);

void events_comment(struct buf *out, const char *text);

/* Reads the offset from an id; false if it is not an id of this turn. */
MUST_CHECK bool events_offset(struct str id, const char *turn_id, size_t *out);

#endif
