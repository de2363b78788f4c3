/* The rules for answers. */
#include "review.h"
#include "words.h"

static bool has_word(struct str text, bool whole, struct str wanted)
{
    struct words w;
    bool         found = false;

    words_read(&w, text);
    unsigned count = w.count - (!whole && w.open_end && w.count > 0);
    for (unsigned i = 0; i < count && !found; i++)
        found = str_eq(w.word[i], wanted);
    words_fini(&w);
    return found;
}

struct review_verdict review_judge(const char *test_word, struct str answer, bool whole)
{
    struct words wanted;
    bool         unfit = false;

    words_read(&wanted, str_of(test_word));
    if (wanted.count)
        unfit = has_word(answer, whole, wanted.word[0]);
    words_fini(&wanted);
    if (unfit)
        return (struct review_verdict){false, 1, "test_word"};
    return (struct review_verdict){true, 0.5, "no_rule"};
}
