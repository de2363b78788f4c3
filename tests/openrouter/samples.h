/* samples - readable answers about cars for the demo, chosen by the words of the question. */
#ifndef STANDIN_SAMPLES_H
#define STANDIN_SAMPLES_H
#include "base/str.h"

const char *sample_for(struct str question); /* always one; Markdown */

#endif
