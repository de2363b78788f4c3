/* samples - answers about cars for the demo, chosen by words of the question. */
#ifndef STANDIN_SAMPLES_H
#define STANDIN_SAMPLES_H
#include "base/str.h"

const char *sample_for(struct str question); /* Markdown; never empty */

#endif
