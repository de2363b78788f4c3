/* json_text - writes JSON into a buf as it is sent: compact, UTF-8, keys in the order of insertion.
 */
#ifndef STANDIN_JSON_TEXT_H
#define STANDIN_JSON_TEXT_H
#include <jansson.h>

#include "base/str.h"

void json_text_add(struct buf *out, const json_t *json);
void json_text_add_string(struct buf *out, struct str text); /* quoted and escaped; must be UTF-8 */

/* Members only, without the braces: the beginning of a larger object. */
void json_text_add_members(struct buf *out, const json_t *object);

json_t *json_text_parse(const char *fixed); /* aborts if invalid: for our own tables */

#endif
