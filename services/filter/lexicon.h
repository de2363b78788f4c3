/* lexicon - which words and phrases say what a message is about; see lexicon.def.
 *
 * It only reads the signs; topic weighs them.  A plural in -s is found by its
 * singular.  Where entries overlap the longest wins, so "olive oil" hides the
 * oil in it. */
#ifndef FILTER_LEXICON_H
#define FILTER_LEXICON_H
#include "words.h"

enum sign {
    SIGN_NONE, /* a word we do not know */
    SIGN_FILL, /* says nothing: the, is, of */
    SIGN_TALK, /* greeting or small talk */
    SIGN_HINT, /* what happens to cars, and to others */
    SIGN_WEAK, /* a thing that cars have, and others too */
    SIGN_ON,   /* cars */
    SIGN_OFF,  /* not cars */
    SIGN_COUNT
};

struct lexicon;

struct lexicon *lexicon_new(void); /* aborts if two entries contradict each other */
void            lexicon_free(struct lexicon **lex);

/* What begins with the word at this place, and how many words it has (at least 1). */
enum sign lexicon_read(const struct lexicon *lex, const struct words *w, unsigned at,
                       unsigned *length);

#endif
