/* text - an answer's characters, which may come cut in two.
 *
 * JSON wants valid UTF-8, but what models say sometimes is not: some providers
 * cut an answer into events inside a character, as bytes or as one half of a
 * \ud83d\ude00 pair.  So text_mend makes a JSON text that a strict parser takes,
 * in which each broken byte is carried as one private-use character (U+10E0xx),
 * and text_add turns the strings read from it into whole characters again,
 * holding back a cut one until the rest comes.  What stays broken becomes
 * U+FFFD; NUL, which no database takes, is left out. */
#ifndef LLM_WORKER_OPENROUTER_TEXT_H
#define LLM_WORKER_OPENROUTER_TEXT_H
#include "base/str.h"

/* json itself if nothing is wrong with it, else a mended copy in room. */
struct str text_mend(struct str json, struct buf *room);

struct text {
    char   held[8]; /* the beginning of a character whose end did not come yet */
    size_t held_len;
};

void text_add(struct text *t, struct str piece, struct buf *out);
void text_end(struct text *t, struct buf *out); /* nothing more comes */

#endif
