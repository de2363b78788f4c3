/* batch - turns that wait to be kept, many in one transaction.
 *
 * What comes while transactions are in flight goes into the next: flushing to
 * disk costs the same for one turn as for thirty.  There is no timer to fill a
 * batch; the first turn leaves at once.  A batch is sorted by session and chat,
 * since two that lock the same rows in opposite order would deadlock.  Fails
 * one of a batch, all are tried again alone.  Breaks the connection, nobody
 * knows what was kept: all are sent again, which keeps none twice.
 *
 * Pure: it is told the time, and what it wants done goes through its ops. */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H
#include "job.h"

#define BATCH_TURNS  32
#define BATCH_FLIGHT 2 /* transactions at once */

struct batch;
struct parcel; /* a transaction in flight */

struct batch_ops {
    /* ERR_DOWN: Postgres is away; otherwise batch_done(parcel) follows. */
    enum err (*send)(void *ctx, const struct pg_item *items, unsigned count, struct parcel *parcel);
    void (*answer)(void *ctx, struct job *job, unsigned place, enum err err, struct grid *grid);
};

struct batch *batch_new(const struct batch_ops *ops, void *ctx);
void          batch_free(struct batch **b); /* nothing may be in flight; the rest gets ERR_DOWN */

/* args stay borrowed until the answer, which comes ttl_ms from now at the latest
 * unless Postgres is being waited for. */
void batch_add(struct batch *b, const struct args *args, uint64_t now, uint64_t ttl_ms,
               struct job *job, unsigned place);
void batch_done(struct parcel *p, enum err err, struct grid *grids, uint64_t now);

/* Gives up what is too late, sends what may be sent. */
void     batch_pump(struct batch *b, uint64_t now);
uint64_t batch_wakes_at(const struct batch *b, uint64_t now); /* when to pump again at the latest;
                                                                 UINT64_MAX: it may rest */
unsigned batch_waiting(const struct batch *b);

#endif
