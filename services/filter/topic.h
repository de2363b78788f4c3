/* topic - is this message about cars?
 *
 * Three verdicts: on topic, off topic, and "depends": small talk, a follow-up
 * ("and how much is that?"), or words we do not know.  What depends is for the
 * gateway to decide by the talk so far; a greeting always passes.
 *
 * The judge weighs the words of a lexicon.  Whatever replaces it keeps this
 * interface: a text in, verdict and score out. */
#ifndef FILTER_TOPIC_H
#define FILTER_TOPIC_H
#include "wire/messages.h"

struct topic;

struct judgement {
    enum verdict verdict;
    double       score;    /* how sure, 0 to 1 */
    const char  *reason;   /* the rule that decided, a fixed word */
    bool         greeting; /* small talk that always passes */
};

struct topic *topic_new(void);
void          topic_free(struct topic **t);

/* text may be any bytes. */
struct judgement topic_judge(const struct topic *t, struct str text);

#endif
