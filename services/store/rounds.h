/* rounds - about once a second, a job for each bucket.
 *
 * What has to be done for all sessions together (bring spooled turns to
 * Postgres, look for dead leases) is done bucket by bucket: their keys lie
 * together.  A bucket whose last job is still at it is left alone. */
#ifndef STORE_ROUNDS_H
#define STORE_ROUNDS_H
#include "job.h"
#include "loop/loop.h"

struct rounds;

/* first: the step a job begins with; its bucket is in job.bucket.  is_up: whether it makes sense
 * to begin.  world and config are borrowed. */
struct rounds *rounds_new(struct loop *l, const struct world *world, const struct config *config,
                          enum step first, bool (*is_up)(void *ctx), void *ctx);
void           rounds_free(struct rounds **r); /* no job of it may be open any more */

void rounds_end(struct rounds *r, unsigned bucket); /* its job has ended */

#endif
