/* events - server-sent events as bytes (WHATWG HTML, 9.2). */
#ifndef GATEWAY_EVENTS_H
#define GATEWAY_EVENTS_H
#include <jansson.h>

#include "base/str.h"

/* id: "<turn_id>:<bytes of the answer that the reader has after this event>".
 * Takes data; its JSON is one line, as an event's data must be. */
void events_add(struct buf *out, const char *turn_id, size_t offset, const char *name,
                json_t *data);

void events_comment(struct buf *out, const char *text);

/* Takes the offset out of an id; false if it is none of this turn. */
MUST_CHECK bool events_offset(struct str id, const char *turn_id, size_t *out);

#endif
