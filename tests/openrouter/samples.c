/* Picks the sample with the most words in the question; the last one if there is none. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "samples.h"

struct sample {
    const char *words; /* beginnings of words, separated by spaces; $: a whole word */
    const char *text;
};

static const struct sample samples[] = {
#define SAMPLE(words, text) {words, text},
#include "samples.def"
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* How many words of the question match. */
static unsigned count(struct str question, struct str stem, bool whole)
{
    unsigned times = 0;

    for (size_t i = 0; i + stem.len <= question.len; i++) {
        size_t end = i + stem.len;
        bool   fits = strncasecmp(question.p + i, stem.p, stem.len) == 0;
        fits &= i == 0 || !is_word(question.p[i - 1]);
        fits &= !whole || end == question.len || !is_word(question.p[end]);
        times += fits;
    }
    return times;
}

static unsigned score(struct str question, const char *words)
{
    unsigned points = 0;

    while (*words) {
        size_t     len = strcspn(words, " ");
        bool       whole = words[len - 1] == '$';
        struct str stem = {words, whole ? len - 1 : len};
        points += count(question, stem, whole);
        words += len + (words[len] == ' ');
    }
    return points;
}

const char *sample_for(struct str question)
{
    const struct sample *best = &samples[COUNT_OF(samples) - 1];
    unsigned             most = 0;

    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        unsigned points = score(question, samples[i].words);
        if (points > most) {
            best = &samples[i];
            most = points;
        }
    }
    return best->text;
}
