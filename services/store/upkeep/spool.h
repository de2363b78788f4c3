/* spool - commits the turns that were spooled, when Postgres is back.
 *
 * Each time (periodic.h) one store takes the short lease of a bucket and commits what is in it, in
 * order, with the same statement as any commit. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H
#include "backlog.h"
#include "run/job.h"

/* A job for one bucket, not run yet; it reports to the backlog how many turns wait. */
struct job *spool_new(struct world *world, const struct config *config, struct backlog *backlog,
                      unsigned bucket);

#endif
