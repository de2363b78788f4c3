/* batch - commits that wait to be sent, many in one transaction.
 *
 * What arrives while transactions are in flight goes into the next: a flush to disk costs the same
 * for one turn as for thirty.  No timer fills a batch; the first turn leaves at once.  A batch is
 * sorted by session and conversation, since two that lock the same rows in opposite order would
 * deadlock.  If one of a batch fails, each is tried again alone.  If the connection breaks, what
 * was committed is unknown: all are sent again, and committing is idempotent.
 *
 * It has no clock and no sockets: it is told the time, and acts through its ops. */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H
#include "base/err.h"
#include "sql/statements.h"

#define BATCH_TURNS     32
#define BATCH_IN_FLIGHT 2 /* transactions at once */

struct batch;
struct batch_transaction; /* in flight */

struct batch_ops {
    /* ERR_DOWN: Postgres is unavailable; otherwise batch_done follows. */
    enum err (*send)(void *ctx, const struct sql_call *calls, unsigned count,
                     struct batch_transaction *t);
    /* Only called by batch_deliver and batch_free; may add more. */
    void (*answer)(void *ctx, void *waiter, unsigned slot, enum err err, struct result_set *set);
};

/* What is added to a batch. */
struct batch_commit {
    struct sql_call call; /* its args are borrowed until the answer */
    struct uuid     session, conversation;
    uint64_t        deadline_ms; /* from now, unless Postgres answers sooner */
    void           *waiter;      /* for answer */
    unsigned        slot;
};

struct batch *batch_new(const struct batch_ops *ops, void *ctx);
void          batch_free(struct batch **b); /* nothing may be in flight; the rest gets ERR_DOWN */

void batch_add(struct batch *b, const struct batch_commit *commit, uint64_t now);
void batch_done(struct batch_transaction *t, enum err err, struct result_set *sets, uint64_t now);

/* Answers what is done.  To be called by the loop, not from inside a handler of a waiter. */
void batch_deliver(struct batch *b);

/* Gives up what is too late, sends what may be sent. */
void     batch_pump(struct batch *b, uint64_t now);
uint64_t batch_wakes_at(const struct batch *b, uint64_t now); /* when to deliver and pump again at
                                                                 the latest; UINT64_MAX: idle */
unsigned batch_waiting(const struct batch *b);

#endif
