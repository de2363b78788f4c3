/* periodic - about once a second, a job for each bucket.
 *
 * What has to be done for all sessions together (bring spooled turns to Postgres, look for expired
 * leases) is done bucket by bucket, since the keys of a bucket are together.  A bucket whose last
 * job still runs is skipped. */
#ifndef STORE_PERIODIC_H
#define STORE_PERIODIC_H
#include "loop/loop.h"
#include "run/job.h"

struct periodic;

struct periodic_ops {
    struct job *(*make)(void *ctx, unsigned bucket); /* not run yet */
    bool (*is_due)(void *ctx);                       /* whether it makes sense to begin */
};

struct periodic *periodic_new(struct loop *l, const struct periodic_ops *ops, void *ctx);
void             periodic_free(struct periodic **p); /* when none of its jobs is open any more */

#endif
