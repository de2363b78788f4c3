/* words - a text as the list of its words, folded so that spelling matters less.
 *
 * Folding: lower case, no accents, German umlauts and sharp s as two letters (Öl, öl and oel are
 * one word), apostrophes and invisible characters left out (don't is dont).  Everything that is not
 * a letter or a digit separates words; an emoji is a word of its own.  Scripts other than Latin are
 * kept as they are. */
#ifndef FILTER_TOPIC_WORDS_H
#define FILTER_TOPIC_WORDS_H
#include "base/str.h"

#define WORD_MAX 48 /* bytes; a longer word is cut */

struct words {
    struct str *word;   /* owned; views into folded */
    char       *folded; /* owned */
    size_t      len;    /* of folded */
    unsigned    count, room;
    bool        open_end; /* the text ends inside its last word */
};

/* Any bytes; broken UTF-8 separates words. */
void words_read(struct words *w, struct str text);
void words_fini(struct words *w);

#endif
