/* lexicon - the words and phrases that show what a message is about; see data/lexicon.def.
 *
 * It only finds the signs; topic weighs them.  A plural in -s is found by its singular.  Of several
 * entries that match, the longest wins: "olive oil" hides the oil in it. */
#ifndef FILTER_TOPIC_LEXICON_H
#define FILTER_TOPIC_LEXICON_H
#include "topic/words.h"

enum sign {
    SIGN_NONE, /* an unknown word */
    SIGN_FILL, /* no meaning of its own: the, is, of */
    SIGN_TALK, /* greeting or small talk */
    SIGN_HINT, /* what happens to cars and to other things */
    SIGN_WEAK, /* what cars and other things have */
    SIGN_ON,   /* cars */
    SIGN_OFF,  /* another subject */
    SIGN_COUNT
};

struct lexicon;

struct lexicon *lexicon_new(void); /* aborts if two entries contradict each other */
void            lexicon_free(struct lexicon **lex);

/* The sign of the entry that begins at word `at`; length: its number of words, at least 1. */
enum sign lexicon_read(const struct lexicon *lex, const struct words *w, unsigned at,
                       unsigned *length);

#endif
