/* steps - the names of all steps of all flows, and the functions that run them. */
#ifndef STORE_STEPS_H
#define STORE_STEPS_H

struct job;

enum step {
#define STEP(NAME, name) STEP_##NAME,
#include "steps.def"
    STEP_WAIT, /* for answers; job.step is the next one */
    STEP_END
};

#define STEP(NAME, name) enum step name(struct job *j);
#include "steps.def"

#endif
