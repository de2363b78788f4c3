/* Two ideas of CoDel: a queue is judged by how long its oldest entry has waited, not
 * by its length, and only if that persists for an interval. */
#include "bus/common/queue.h"
#include "base/mem.h"

#define SHORT_WAIT_MS    100   /* the queue is short if its oldest entry waited less */
#define INTERVAL_MS      1000  /* not short for longer than this: overloaded */
#define OVERDUE_MS       1000  /* under overload, entries that waited longer are overdue */
#define RATE_INTERVAL_MS 60000 /* the rate is measured over one to two of these */
#define RATE_SAMPLES_MIN 16    /* served entries that give a rate before the first is over */

/* The rate from before the queue formed says nothing about its pace now. */
static void reset_rate(struct queue *q, uint64_t now)
{
    q->newer = q->older = (struct queue_rate){.since = now};
}

void queue_init(struct queue *q, unsigned max, bool lifo, uint64_t now)
{
    *q = (struct queue){.max = max, .lifo = lifo, .last_short = now};
    TAILQ_INIT(&q->entries);
    reset_rate(q, now);
}

static bool is_overloaded(const struct queue *q, uint64_t now)
{
    return q->lifo && q->count && now - q->last_short > INTERVAL_MS;
}

/* Slots that were taken together become free together, so the gap between two
 * served entries says little; how many were served in a minute or so does. */
uint64_t queue_wait_ms(const struct queue *q, uint64_t now)
{
    uint64_t served = q->older.served + q->newer.served, observed = now - q->older.since;

    if (!q->count || (served < RATE_SAMPLES_MIN && observed < RATE_INTERVAL_MS))
        return 0;
    return observed * (q->count + 1) / (served ? served : 1);
}

bool queue_has_room(const struct queue *q, uint64_t now, uint64_t ttl_ms)
{
    return q->count < q->max && queue_wait_ms(q, now) <= ttl_ms;
}

static void set_queued(struct queue *q, struct queue_entry *e, uint64_t now)
{
    if (!q->count++) {
        reset_rate(q, now);
        q->last_short = now;
    }
    e->is_queued = true;
}

void queue_add(struct queue *q, struct queue_entry *e, uint64_t now)
{
    must(!e->is_queued);
    e->since = now;
    TAILQ_INSERT_TAIL(&q->entries, e, link);
    set_queued(q, e, now);
}

void queue_put_back(struct queue *q, struct queue_entry *e, uint64_t now)
{
    struct queue_entry *younger;

    must(!e->is_queued);
    TAILQ_FOREACH (younger, &q->entries, link)
        if (younger->since > e->since)
            break;
    if (younger)
        TAILQ_INSERT_BEFORE(younger, e, link);
    else
        TAILQ_INSERT_TAIL(&q->entries, e, link);
    set_queued(q, e, now);
}

void queue_remove(struct queue *q, struct queue_entry *e)
{
    must(e->is_queued);
    TAILQ_REMOVE(&q->entries, e, link);
    q->count--;
    e->is_queued = false;
}

void queue_serve(struct queue *q, struct queue_entry *e)
{
    q->newer.served++;
    queue_remove(q, e);
}

struct queue_entry *queue_next(const struct queue *q, uint64_t now)
{
    return is_overloaded(q, now) ? TAILQ_LAST(&q->entries, queue_entries)
                                 : TAILQ_FIRST(&q->entries);
}

struct queue_entry *queue_overdue(const struct queue *q, uint64_t now)
{
    struct queue_entry *oldest = TAILQ_FIRST(&q->entries);
    return is_overloaded(q, now) && now - oldest->since > OVERDUE_MS ? oldest : NULL;
}

void queue_tick(struct queue *q, uint64_t now, bool is_live)
{
    if (!is_live) {
        reset_rate(q, now);
    } else if (now - q->newer.since >= RATE_INTERVAL_MS) {
        q->older = q->newer;
        q->newer = (struct queue_rate){.since = now};
    }
    if (!is_live || queue_oldest_ms(q, now) < SHORT_WAIT_MS)
        q->last_short = now;
}

unsigned queue_position(const struct queue *q, const struct queue_entry *e, uint64_t now)
{
    const struct queue_entry *other;
    unsigned                  position = 1;

    TAILQ_FOREACH (other, &q->entries, link) {
        if (other == e)
            break;
        position++;
    }
    return is_overloaded(q, now) ? q->count + 1 - position : position;
}

uint64_t queue_oldest_ms(const struct queue *q, uint64_t now)
{
    const struct queue_entry *oldest = TAILQ_FIRST(&q->entries);
    return oldest ? now - oldest->since : 0;
}
