/* review - is this answer fit to be shown?
 *
 * Every answer is fit for now.  Tests set a word that makes one unfit, so that
 * the way of a withdrawn answer can be walked. */
#ifndef FILTER_REVIEW_H
#define FILTER_REVIEW_H
#include "base/str.h"

struct review_verdict {
    bool        fit;
    double      score;  /* how sure, 0 to 1 */
    const char *reason; /* the rule that decided, a fixed word */
};

/* test_word: compared as a whole word, empty for none.  While the answer is
 * not whole, its last word may still grow and is left for the next review. */
struct review_verdict review_judge(const char *test_word, struct str answer, bool whole);

#endif
