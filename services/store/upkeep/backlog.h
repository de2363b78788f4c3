/* backlog - how many turns wait in the spool, as far as this store knows. */
#ifndef STORE_BACKLOG_H
#define STORE_BACKLOG_H
#include <stdint.h>

struct backlog;

struct backlog *backlog_new(void);
void            backlog_free(struct backlog **b);

/* What Redis said of a bucket; the oldest had waited for so long then. */
void backlog_set(struct backlog *b, unsigned bucket, uint64_t turns, uint64_t oldest_ms);
void backlog_grew(struct backlog *b, unsigned bucket, uint64_t turns); /* one more was spooled */
void backlog_count(const struct backlog *b); /* sets the gauges of metrics.def */

#endif
