/* review - may this answer be shown?
 *
 * For now every answer may.  Tests set a word that rejects an answer, so that withdrawing one can
 * be tested. */
#ifndef FILTER_REVIEW_REVIEW_H
#define FILTER_REVIEW_REVIEW_H
#include "base/str.h"

struct review_result {
    bool        is_accepted;
    double      score;  /* confidence, 0 to 1 */
    const char *reason; /* the rule that decided, a fixed word */
};

/* test_word: compared as a whole word; empty: none.  The last word of an incomplete answer may
 * still grow and is left for the next review. */
struct review_result review_answer(const char *test_word, struct str answer, bool is_complete);

#endif
