/* history - messages and branches of a conversation as JSON. */
#ifndef GATEWAY_HISTORY_H
#define GATEWAY_HISTORY_H
#include <jansson.h>

#include "wire/messages.h"

json_t *history_messages(const struct message *messages, uint64_t count);
json_t *history_branches(const struct branch *branches, uint64_t count);
json_t *history_cursor(uint64_t more_before); /* null: there are no more */

#endif
