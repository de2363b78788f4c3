/* The tables. */
#include "flows.h"

#define FLOW(name) extern const struct flow flow_##name;
#include "flows.def"

const struct flow *const flows[] = {
#define FLOW(name) &flow_##name,
#include "flows.def"
    NULL};

const struct step_entry flows_steps[] = {
#define STEP(NAME, name) [STEP_##NAME] = {#name, name},
#include "run/steps.def"
};
