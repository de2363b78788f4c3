/* history - what was said, as JSON and as events. */
#ifndef GATEWAY_HISTORY_H
#define GATEWAY_HISTORY_H
#include "gateway.h"
#include "wire/messages.h"

json_t *history_lines(const struct line *lines, uint64_t count);
json_t *history_cursor(uint64_t more_before); /* null: there is no more */

/* Answers with the events of a turn that has ended, from the current chat. */
void history_replay(const struct visit *v, const struct uuid *turn_id, size_t after);

#endif
