/* export_text - a conversation as the text of a file: Markdown for people, JSON for programs
 * (docs/export.md).
 *
 * It is written in parts: the beginning, turns, the end. */
#ifndef GATEWAY_EXPORT_TEXT_H
#define GATEWAY_EXPORT_TEXT_H
#include "wire/messages.h"

void export_text_begin(struct buf *out, bool is_json, const struct export_reply *reply);
void export_text_turns(struct buf *out, bool is_json, const struct export_reply *reply,
                       bool is_first);
void export_text_end(struct buf *out, bool is_json);

/* The value of Content-Disposition.  The file name is made of the title, in characters that are
 * safe in headers and file systems. */
void export_text_disposition(struct buf *out, bool is_json, struct str title);

#endif
