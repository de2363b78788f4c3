/* history - what was said, as JSON. */
#ifndef GATEWAY_HISTORY_H
#define GATEWAY_HISTORY_H
#include "gateway.h"
#include "wire/messages.h"

json_t *history_lines(const struct message *lines, uint64_t count);
json_t *history_branches(const struct branch *branches, uint64_t count);
json_t *history_cursor(uint64_t more_before); /* null: there is no more */

#endif
