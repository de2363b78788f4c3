/* Numbers for each bucket. */
#include <stdlib.h>

#include "backlog.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "redis/keys.h"

struct backlog {
    struct {
        uint64_t turns, oldest_ms, known_at;
    } bucket[KEYS_BUCKETS];
};

struct backlog *backlog_new(void)
{
    return mem_new(sizeof(struct backlog));
}

void backlog_free(struct backlog **b)
{
    free(*b);
    *b = NULL;
}

void backlog_set(struct backlog *b, unsigned bucket, uint64_t turns, uint64_t oldest_ms)
{
    b->bucket[bucket].turns = turns;
    b->bucket[bucket].oldest_ms = oldest_ms;
    b->bucket[bucket].known_at = clock_ms();
}

void backlog_grew(struct backlog *b, unsigned bucket, uint64_t turns)
{
    if (b->bucket[bucket].turns)
        b->bucket[bucket].turns = turns;
    else
        backlog_set(b, bucket, turns, 0);
}

/* They go on waiting while Redis cannot be asked. */
void backlog_count(const struct backlog *b)
{
    uint64_t turns = 0, oldest_ms = 0, now = clock_ms();

    for (unsigned i = 0; i < KEYS_BUCKETS; i++) {
        if (!b->bucket[i].turns)
            continue;
        uint64_t ms = b->bucket[i].oldest_ms + (now - b->bucket[i].known_at);
        turns += b->bucket[i].turns;
        oldest_ms = ms > oldest_ms ? ms : oldest_ms;
    }
    metric_set(METRIC_SPOOL, (double)turns);
    metric_set(METRIC_SPOOL_OLDEST, (double)oldest_ms / 1000);
}
