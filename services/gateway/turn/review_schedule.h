/* review_schedule - when a growing answer is reviewed by the filter.
 *
 * A review checkpoint is the end of a sentence, once the answer has grown by a
 * minimum since the last one; in a text without sentence ends it is set when
 * the answer has grown by a maximum.  One review runs at a time.  The whole
 * answer is reviewed at its end in any case. */
#ifndef GATEWAY_REVIEW_SCHEDULE_H
#define GATEWAY_REVIEW_SCHEDULE_H
#include "base/str.h"

#define REVIEW_SCHEDULE_MIN 200  /* bytes; about two sentences */
#define REVIEW_SCHEDULE_MAX 1000 /* bytes; limits how much unreviewed text is on the screen */

/* How many bytes of the answer to review now; 0: none yet.
 * reviewed: the bytes of the last review. */
size_t review_schedule_due(struct str answer, size_t reviewed);

#endif
