/* The entries are sorted by their first word and found by binary search. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topic/lexicon.h"

#define ENTRY_WORDS_MAX 5
#define AFFIX_MIN       3 /* bytes of a word that "tyre*" or "*reifen" compares at least */

/* How a word of an entry is matched. */
enum form { FORM_EXACT, FORM_PREFIX, FORM_SUFFIX, FORM_ANY, FORM_NUMBER };

struct pattern {
    enum form  form;
    struct str text; /* owned */
};

struct entry {
    enum sign      sign;
    unsigned       count;
    struct pattern word[ENTRY_WORDS_MAX];
};

struct lexicon {
    struct entry *entry; /* owned, sorted by form and text of the first word */
    unsigned      count, room;
};

static const struct {
    enum sign   sign;
    const char *entries;
} sources[] = {
#define FILL(entries) {SIGN_FILL, entries},
#define TALK(entries) {SIGN_TALK, entries},
#define HINT(entries) {SIGN_HINT, entries},
#define WEAK(entries) {SIGN_WEAK, entries},
#define ON(entries)   {SIGN_ON, entries},
#define OFF(entries)  {SIGN_OFF, entries},
#include "data/lexicon.def"
};

/* ---- reading lexicon.def ----------------------------------------------------------------- */

static struct pattern read_pattern(struct str text)
{
    struct pattern p = {.form = FORM_EXACT};
    struct words   folded;

    if (str_is(text, "?"))
        return (struct pattern){.form = FORM_ANY};
    if (str_is(text, "#"))
        return (struct pattern){.form = FORM_NUMBER};
    if (text.p[0] == '*')
        p.form = FORM_SUFFIX;
    else if (text.p[text.len - 1] == '*')
        p.form = FORM_PREFIX;
    words_read(&folded, text);
    must(folded.count == 1);
    p.text = (struct str){str_dup(folded.word[0]), folded.word[0].len};
    words_fini(&folded);
    return p;
}

/* Takes the part before the next separator off the front. */
static struct str take_until(struct str *rest, char separator)
{
    const char *end = memchr(rest->p, separator, rest->len);
    size_t      len = end ? (size_t)(end - rest->p) : rest->len;
    struct str  taken = {rest->p, len};

    rest->p += len + (end ? 1 : 0);
    rest->len -= len + (end ? 1 : 0);
    return str_trim(taken);
}

static void add_entry(struct lexicon *lex, enum sign sign, struct str text)
{
    struct entry e = {.sign = sign};

    while (text.len) {
        struct str word = take_until(&text, ' ');
        if (!word.len)
            continue;
        must(e.count < ENTRY_WORDS_MAX);
        e.word[e.count++] = read_pattern(word);
    }
    must(e.count > 0);
    must(e.word[0].form <= FORM_SUFFIX || e.word[0].form == FORM_NUMBER);
    if (lex->count == lex->room) {
        lex->room = lex->room ? lex->room * 2 : 512;
        lex->entry = mem_grow(lex->entry, lex->room * sizeof lex->entry[0]);
    }
    lex->entry[lex->count++] = e;
}

static int compare_text(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int    order = len ? memcmp(a.p, b.p, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_pattern(const struct pattern *a, const struct pattern *b)
{
    if (a->form != b->form)
        return a->form < b->form ? -1 : 1;
    return compare_text(a->text, b->text);
}

/* By first word, then longest first, so that the first match is the longest. */
static int compare_entry(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;
    int                 order = compare_pattern(&a->word[0], &b->word[0]);

    if (!order && a->count != b->count)
        return a->count > b->count ? -1 : 1;
    for (unsigned i = 1; !order && i < a->count; i++)
        order = compare_pattern(&a->word[i], &b->word[i]);
    return order;
}

/* Two languages may share a word, but with the same sign. */
static void refuse_contradictions(const struct lexicon *lex)
{
    bool found = false;

    for (unsigned i = 1; i < lex->count; i++) {
        const struct entry *e = &lex->entry[i];
        if (compare_entry(e - 1, e) != 0 || e[-1].sign == e->sign)
            continue;
        found = true;
        fprintf(stderr, "lexicon.def has two signs for:");
        for (unsigned k = 0; k < e->count; k++)
            fprintf(stderr, " %s", e->word[k].text.p ? e->word[k].text.p : "?");
        fprintf(stderr, "\n");
    }
    must(!found);
}

struct lexicon *lexicon_new(void)
{
    struct lexicon *lex = mem_new(sizeof *lex);

    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct str rest = str_of(sources[i].entries);
        while (rest.len)
            add_entry(lex, sources[i].sign, take_until(&rest, ','));
    }
    qsort(lex->entry, lex->count, sizeof lex->entry[0], compare_entry);
    refuse_contradictions(lex);
    return lex;
}

void lexicon_free(struct lexicon **lex)
{
    if (!*lex)
        return;
    for (unsigned i = 0; i < (*lex)->count; i++)
        for (unsigned k = 0; k < (*lex)->entry[i].count; k++)
            free((char *)(*lex)->entry[i].word[k].text.p);
    free((*lex)->entry);
    free(*lex);
    *lex = NULL;
}

/* ---- finding entries in a text ----------------------------------------------------------- */

static bool is_number(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.p[i] < '0' || word.p[i] > '9')
            return false;
    return word.len > 0;
}

static struct str singular(struct str word)
{
    bool plural = word.len > 3 && word.p[word.len - 1] == 's';

    return plural ? (struct str){word.p, word.len - 1} : word;
}

static bool matches(const struct pattern *p, struct str word)
{
    switch (p->form) {
    case FORM_EXACT:
        return str_eq(p->text, word) || str_eq(p->text, singular(word));
    case FORM_PREFIX:
        return word.len >= p->text.len && memcmp(word.p, p->text.p, p->text.len) == 0;
    case FORM_SUFFIX:
        return word.len >= p->text.len &&
               memcmp(word.p + word.len - p->text.len, p->text.p, p->text.len) == 0;
    case FORM_ANY:
        return true;
    case FORM_NUMBER:
        return is_number(word);
    }
    return false;
}

/* The first entry that begins with this pattern, or where it would be inserted. */
static unsigned lower_bound(const struct lexicon *lex, const struct pattern *first)
{
    unsigned low = 0, high = lex->count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (compare_pattern(&lex->entry[middle].word[0], first) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The longest entry that begins with this pattern and matches, if it is longer than best. */
static const struct entry *longer(const struct lexicon *lex, const struct words *w, unsigned at,
                                  enum form form, struct str text, const struct entry *best)
{
    const struct pattern first = {.form = form, .text = text};

    for (unsigned i = lower_bound(lex, &first); i < lex->count; i++) {
        const struct entry *e = &lex->entry[i];
        if (compare_pattern(&e->word[0], &first) != 0 || (best && e->count <= best->count))
            break;
        unsigned same = 1;
        while (same < e->count && at + same < w->count &&
               matches(&e->word[same], w->word[at + same]))
            same++;
        if (same == e->count)
            return e;
    }
    return best;
}

enum sign lexicon_read(const struct lexicon *lex, const struct words *w, unsigned at,
                       unsigned *length)
{
    struct str          word = w->word[at], one = singular(word);
    const struct entry *best = longer(lex, w, at, FORM_EXACT, word, NULL);

    if (one.len != word.len)
        best = longer(lex, w, at, FORM_EXACT, one, best);
    if (is_number(word))
        best = longer(lex, w, at, FORM_NUMBER, (struct str){0}, best);
    for (size_t len = word.len; len >= AFFIX_MIN; len--) {
        struct str front = {word.p, len}, back = {word.p + word.len - len, len};
        best = longer(lex, w, at, FORM_PREFIX, front, best);
        best = longer(lex, w, at, FORM_SUFFIX, back, best);
    }
    *length = best ? best->count : 1;
    return best ? best->sign : SIGN_NONE;
}
