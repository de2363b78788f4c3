/* spool - brings turns that were spooled to Postgres, when it is back.
 *
 * Every second, for each bucket, one store takes the bucket's short lease and
 * keeps what lies in it, in order, by the same statement as any commit. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H
#include "job.h"
#include "loop/loop.h"

struct spools;

/* is_up: Postgres and Redis are there.  world and config are borrowed. */
struct spools *spools_new(struct loop *l, const struct world *world, const struct config *config,
                          bool (*is_up)(void *ctx), void *ctx);
void           spools_free(struct spools **s); /* no job may be open any more */

struct spool; /* of one job */
void spool_free(struct spool **s);

#endif
