/* Counts and weighs the signs of the lexicon.
 *
 * A sure sign of cars weighs 2; a weak one 1, if it differs from the weak ones before; all hints
 * together 1 beside a weak sign (the oil leaks); a sign of another subject weighs 1 against.
 *
 *   for >= 2 and for > against   on topic
 *   against > for                off topic
 *   else                         depends
 *
 * So the question whether the garage takes a credit card passes, and one weak word decides
 * nothing. */
#include <stdlib.h>

#include "topic/codes.h"
#include "topic/lexicon.h"
#include "topic/topic.h"

#define WEAK_MAX    4 /* weak words remembered, to recognise a repeated one */
#define UNKNOWN_MAX 1 /* unknown words that small talk may have: a name */

struct topic {
    struct lexicon *lexicon; /* owned */
};

struct weight {
    unsigned    count[SIGN_COUNT];
    struct str  weak[WEAK_MAX]; /* borrowed */
    const char *code;           /* the first code seen, as a reason */
};

/* "tank" and "tanks" are the same word: one begins with the other. */
static bool is_new_weak(const struct weight *x, struct str word)
{
    for (unsigned i = 0; i < x->count[SIGN_WEAK] && i < WEAK_MAX; i++) {
        struct str a = x->weak[i], b = word;
        size_t     len = a.len < b.len ? a.len : b.len;
        if (str_eq((struct str){a.p, len}, (struct str){b.p, len}))
            return false;
    }
    return true;
}

static void weigh(struct weight *x, enum sign sign, struct str word)
{
    if (sign == SIGN_WEAK) {
        if (!is_new_weak(x, word))
            return;
        if (x->count[SIGN_WEAK] < WEAK_MAX)
            x->weak[x->count[SIGN_WEAK]] = word;
    }
    x->count[sign]++;
}

static void read_signs(const struct topic *t, const struct words *w, struct weight *x)
{
    unsigned length = 1;

    for (unsigned at = 0; at < w->count; at += length) {
        enum sign   sign = lexicon_read(t->lexicon, w, at, &length);
        const char *code = sign == SIGN_NONE ? codes_kind(w->word[at]) : NULL;
        if (code && !x->code)
            x->code = code;
        weigh(x, code ? SIGN_ON : sign, w->word[at]);
    }
}

/* 0.5 if both weigh the same, close to 1 if one clearly outweighs the other. */
static double confidence(unsigned more, unsigned less)
{
    return 0.5 + 0.5 * (more - less) / (more + less + 1.0);
}

static struct topic_result result(enum verdict verdict, double score, const char *reason)
{
    return (struct topic_result){.verdict = verdict, .score = score, .reason = reason};
}

static struct topic_result decide(const struct weight *x, unsigned words)
{
    if (!words)
        return result(VERDICT_DEPENDS, 0.3, "no_words");
    unsigned weak = x->count[SIGN_WEAK], against = x->count[SIGN_OFF];
    unsigned for_cars = 2 * x->count[SIGN_ON] + weak + (weak && x->count[SIGN_HINT]);

    if (for_cars >= 2 && for_cars > against) {
        const char *reason = x->code ? x->code : x->count[SIGN_ON] ? "car_word" : "weak_words";
        return result(VERDICT_ON, confidence(for_cars, against), reason);
    }
    if (against > for_cars)
        return result(VERDICT_OFF, confidence(against, for_cars), "other_subject");
    if (for_cars)
        return result(VERDICT_DEPENDS, 0.5, against ? "mixed" : "one_weak_word");
    if (x->count[SIGN_TALK] && !x->count[SIGN_HINT] && x->count[SIGN_NONE] <= UNKNOWN_MAX) {
        struct topic_result greeting = result(VERDICT_DEPENDS, 0.9, "small_talk");
        greeting.is_greeting = true;
        return greeting;
    }
    if (!x->count[SIGN_NONE] && !x->count[SIGN_HINT])
        return result(VERDICT_DEPENDS, 0.5, "follow_up");
    return result(VERDICT_DEPENDS, 0.3, "unknown_words");
}

struct topic *topic_new(void)
{
    struct topic *t = mem_new(sizeof *t);

    t->lexicon = lexicon_new();
    return t;
}

void topic_free(struct topic **t)
{
    if (!*t)
        return;
    lexicon_free(&(*t)->lexicon);
    free(*t);
    *t = NULL;
}

struct topic_result topic_check(const struct topic *t, struct str text)
{
    struct words  w;
    struct weight x = {0};

    words_read(&w, text);
    read_signs(t, &w, &x);
    struct topic_result r = decide(&x, w.count);
    words_fini(&w);
    return r;
}
