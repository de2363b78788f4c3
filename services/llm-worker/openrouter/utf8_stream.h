/* utf8_stream - joins the characters of an answer that arrive split over two events.
 *
 * JSON requires valid UTF-8, but some providers cut an answer into events inside a character,
 * between its bytes or between the halves of a \ud83d\ude00 pair.  utf8_stream_repair makes JSON
 * that a strict parser accepts, in which each broken byte is carried as one private-use character
 * (U+10E0xx).  utf8_stream_add turns the strings read from it into characters again, holding back
 * an incomplete one until the rest comes.  What stays broken becomes U+FFFD; NUL, which databases
 * reject, is dropped. */
#ifndef LLM_WORKER_OPENROUTER_UTF8_STREAM_H
#define LLM_WORKER_OPENROUTER_UTF8_STREAM_H
#include "base/str.h"

/* json itself if it is valid, else a repaired copy in `copy`. */
struct str utf8_stream_repair(struct str json, struct buf *copy);

struct utf8_stream {
    char   held[8]; /* the beginning of an incomplete character */
    size_t held_len;
};

void utf8_stream_add(struct utf8_stream *u, struct str text, struct buf *out);
void utf8_stream_end(struct utf8_stream *u, struct buf *out); /* no more text comes */

#endif
