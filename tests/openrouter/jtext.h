/* jtext - JSON as text in a buf, the way the wire has it: compact, UTF-8, keys in the order made.
 */
#ifndef STANDIN_JTEXT_H
#define STANDIN_JTEXT_H
#include <jansson.h>

#include "base/str.h"

void jtext_add(struct buf *out, const json_t *json);
void jtext_add_string(struct buf *out, struct str text); /* quoted and escaped; must be UTF-8 */

/* Members only, without the braces: the beginning of a larger object. */
void jtext_add_members(struct buf *out, const json_t *object);

json_t *jtext_parse(const char *fixed); /* a text from our own tables */

#endif
