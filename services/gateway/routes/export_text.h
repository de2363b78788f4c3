/* export_text - a chat as the text of a file: Markdown for people, JSON for programs
 * (docs/export.md).
 *
 * It is written piece by piece: a beginning, turns, an end. */
#ifndef GATEWAY_EXPORT_TEXT_H
#define GATEWAY_EXPORT_TEXT_H
#include "wire/messages.h"

void export_begin(struct buf *out, bool is_json, const struct export_reply *say);
void export_turns(struct buf *out, bool is_json, const struct export_reply *say, bool is_first);
void export_end(struct buf *out, bool is_json);

/* The value of Content-Disposition, with a name made of the title that no file system or header
 * takes amiss. */
void export_disposition(struct buf *out, bool is_json, struct str title);

#endif
