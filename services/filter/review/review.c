/* The rules for answers. */
#include "review/review.h"
#include "topic/words.h"

static bool has_word(struct str text, bool is_complete, struct str wanted)
{
    struct words w;
    bool         found = false;

    words_read(&w, text);
    unsigned count = w.count - (!is_complete && w.open_end && w.count > 0);
    for (unsigned i = 0; i < count && !found; i++)
        found = str_eq(w.word[i], wanted);
    words_fini(&w);
    return found;
}

struct review_result review_answer(const char *test_word, struct str answer, bool is_complete)
{
    struct words wanted;
    bool         is_rejected = false;

    words_read(&wanted, str_of(test_word));
    if (wanted.count)
        is_rejected = has_word(answer, is_complete, wanted.word[0]);
    words_fini(&wanted);
    if (is_rejected)
        return (struct review_result){.score = 1, .reason = "test_word"};
    return (struct review_result){.is_accepted = true, .score = 0.5, .reason = "no_rule"};
}
