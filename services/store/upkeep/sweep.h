/* sweep - turns whose gateway died: stores them as interrupted, with what there is of them.
 *
 * Each time (periodic.h) it looks at the expired leases of a bucket. */
#ifndef STORE_SWEEP_H
#define STORE_SWEEP_H
#include "run/job.h"

/* A job for one bucket, not run yet. */
struct job *sweep_new(struct world *world, const struct config *config, unsigned bucket);

#endif
