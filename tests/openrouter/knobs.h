/* knobs - what a test can set behind the model name.  See knobs.def. */
#ifndef STANDIN_KNOBS_H
#define STANDIN_KNOBS_H
#include "base/str.h"

struct knobs {
#define KNOB(name, normal, doc) unsigned name;
#include "knobs.def"
};

struct knobs knobs_normal(void);

/* Reads "tokens=500,delay=20" over what is there; false: an unknown name or no number. */
MUST_CHECK bool knobs_read(struct knobs *k, struct str text);

void knobs_print(void); /* the table of the README */

#endif
