/* Waiting, with the two ideas of CoDel: a line is judged by how long its oldest
 * has waited, not by its length, and only when that stays so for an interval. */
#include "bus/common/queue.h"
#include "base/mem.h"

#define SHORT_WAIT_MS 100   /* a line whose oldest waited less is short */
#define INTERVAL_MS   1000  /* so long it must not have been short to be overloaded */
#define SHED_AFTER_MS 1000  /* who waited longer is shed while overloaded */
#define STRETCH_MS    60000 /* the pace is that of one to two of these */
#define SERVED_ENOUGH 16    /* so many tell the pace before the first of them is over */

/* What was before says nothing about how fast the line moves now. */
static void watch_anew(struct queue *q, uint64_t now)
{
    q->newer = q->older = (struct stretch){.since = now};
}

void queue_init(struct queue *q, unsigned max, bool turns, uint64_t now)
{
    *q = (struct queue){.max = max, .turns = turns, .fine_at = now};
    TAILQ_INIT(&q->waiters);
    watch_anew(q, now);
}

static bool is_overloaded(const struct queue *q, uint64_t now)
{
    return q->turns && q->count && now - q->fine_at > INTERVAL_MS;
}

/* Slots that were filled together become free together, so the time between two
 * that were served says little; how many were in a minute or so does. */
uint64_t queue_wait_ms(const struct queue *q, uint64_t now)
{
    uint64_t served = q->older.served + q->newer.served, watched = now - q->older.since;

    if (!q->count || (served < SERVED_ENOUGH && watched < STRETCH_MS))
        return 0;
    return watched * (q->count + 1) / (served ? served : 1);
}

bool queue_has_room(const struct queue *q, uint64_t now, uint64_t ttl_ms)
{
    return q->count < q->max && queue_wait_ms(q, now) <= ttl_ms;
}

static void joined(struct queue *q, struct waiter *w, uint64_t now)
{
    if (!q->count++) {
        watch_anew(q, now);
        q->fine_at = now;
    }
    w->waits = true;
}

void queue_add(struct queue *q, struct waiter *w, uint64_t now)
{
    must(!w->waits);
    w->since = now;
    TAILQ_INSERT_TAIL(&q->waiters, w, link);
    joined(q, w, now);
}

void queue_put_back(struct queue *q, struct waiter *w, uint64_t now)
{
    struct waiter *younger;

    must(!w->waits);
    TAILQ_FOREACH (younger, &q->waiters, link)
        if (younger->since > w->since)
            break;
    if (younger)
        TAILQ_INSERT_BEFORE(younger, w, link);
    else
        TAILQ_INSERT_TAIL(&q->waiters, w, link);
    joined(q, w, now);
}

void queue_remove(struct queue *q, struct waiter *w)
{
    must(w->waits);
    TAILQ_REMOVE(&q->waiters, w, link);
    q->count--;
    w->waits = false;
}

void queue_serve(struct queue *q, struct waiter *w)
{
    q->newer.served++;
    queue_remove(q, w);
}

struct waiter *queue_next(const struct queue *q, uint64_t now)
{
    return is_overloaded(q, now) ? TAILQ_LAST(&q->waiters, waiters) : TAILQ_FIRST(&q->waiters);
}

struct waiter *queue_shed(const struct queue *q, uint64_t now)
{
    struct waiter *oldest = TAILQ_FIRST(&q->waiters);
    return is_overloaded(q, now) && now - oldest->since > SHED_AFTER_MS ? oldest : NULL;
}

void queue_tick(struct queue *q, uint64_t now, bool served)
{
    if (!served) {
        watch_anew(q, now);
    } else if (now - q->newer.since >= STRETCH_MS) {
        q->older = q->newer;
        q->newer = (struct stretch){.since = now};
    }
    if (!served || queue_oldest_ms(q, now) < SHORT_WAIT_MS)
        q->fine_at = now;
}

unsigned queue_place(const struct queue *q, const struct waiter *w, uint64_t now)
{
    const struct waiter *other;
    unsigned             place = 1;

    TAILQ_FOREACH (other, &q->waiters, link) {
        if (other == w)
            break;
        place++;
    }
    return is_overloaded(q, now) ? q->count + 1 - place : place;
}

uint64_t queue_oldest_ms(const struct queue *q, uint64_t now)
{
    const struct waiter *oldest = TAILQ_FIRST(&q->waiters);
    return oldest ? now - oldest->since : 0;
}
