/* topic - is this message about cars?
 *
 * Three verdicts: on topic, off topic, and "depends": small talk, a follow-up ("and how much is
 * that?"), or unknown words.  The gateway decides by the conversation so far what becomes of
 * "depends"; a greeting always passes.
 *
 * The rule weighs the words of a lexicon.  Whatever replaces it keeps this interface: a text in,
 * verdict and score out. */
#ifndef FILTER_TOPIC_TOPIC_H
#define FILTER_TOPIC_TOPIC_H
#include "wire/messages.h"

struct topic;

struct topic_result {
    enum verdict verdict;
    double       score;       /* confidence, 0 to 1 */
    const char  *reason;      /* the rule that decided, a fixed word */
    bool         is_greeting; /* small talk that always passes */
};

struct topic *topic_new(void);
void          topic_free(struct topic **t);

struct topic_result topic_check(const struct topic *t, struct str text); /* any bytes */

#endif
