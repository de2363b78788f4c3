/* flows - every flow and every step of the store, for the world that its jobs run in. */
#ifndef STORE_FLOWS_H
#define STORE_FLOWS_H
#include "run/job.h"

extern const struct flow *const flows[]; /* ends with NULL */
extern const struct step_entry  flows_steps[];

#endif
