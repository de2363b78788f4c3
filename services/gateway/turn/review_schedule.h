/* look - when a growing answer is shown to the filter again.
 *
 * At ends of sentences, one look at a time, and only when the answer has grown
 * by a good piece; in a text without any, when it has grown by a lot.  The
 * whole answer is reviewed at its end anyway. */
#ifndef GATEWAY_LOOK_H
#define GATEWAY_LOOK_H
#include "base/str.h"

#define LOOK_STEP 200  /* bytes; about two sentences */
#define LOOK_MOST 1000 /* bytes; the screen must not run far ahead */

/* How much of the answer to show now; 0: nothing yet.
 * shown: how much was shown last time. */
size_t look_due(struct str answer, size_t shown);

#endif
