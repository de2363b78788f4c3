/* knobs - the settings that a test can append to the model name.  See knobs.def. */
#ifndef STANDIN_KNOBS_H
#define STANDIN_KNOBS_H
#include "base/str.h"

struct knobs {
#define KNOB(name, preset, doc) unsigned name;
#include "knobs.def"
};

struct knobs knobs_default(void);

/* Reads "tokens=500,delay=20" into k; false: an unknown name, or not a number. */
MUST_CHECK bool knobs_read(struct knobs *k, struct str text);

void knobs_print(void); /* the table of the README */

#endif
