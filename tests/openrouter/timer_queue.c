/* A binary heap whose entries know their index, so that dropping one is cheap. */
#include <limits.h>
#include <stdlib.h>

#include "timer_queue.h"

void timer_queue_fini(struct timer_queue *q)
{
    free(q->heap);
    *q = (struct timer_queue){0};
}

static void put(struct timer_queue *q, size_t index, struct timer_entry *e)
{
    q->heap[index] = e;
    e->index = index;
}

static void rise(struct timer_queue *q, struct timer_entry *e, size_t index)
{
    while (index > 1 && q->heap[index / 2]->at > e->at) {
        put(q, index, q->heap[index / 2]);
        index /= 2;
    }
    put(q, index, e);
}

static void sink(struct timer_queue *q, struct timer_entry *e, size_t index)
{
    for (size_t child; (child = 2 * index) <= q->count; index = child) {
        if (child < q->count && q->heap[child + 1]->at < q->heap[child]->at)
            child++;
        if (q->heap[child]->at >= e->at)
            break;
        put(q, index, q->heap[child]);
    }
    put(q, index, e);
}

void timer_queue_add(struct timer_queue *q, struct timer_entry *e, uint64_t at)
{
    must(!e->index);
    if (q->count + 2 > q->room) {
        q->room = q->room ? 2 * q->room : 64;
        q->heap = mem_grow(q->heap, q->room * sizeof(struct timer_entry *));
    }
    e->at = at;
    rise(q, e, ++q->count);
}

void timer_queue_drop(struct timer_queue *q, struct timer_entry *e)
{
    size_t index = e->index;

    if (!index)
        return;
    e->index = 0;
    struct timer_entry *last = q->heap[q->count--];
    if (last == e)
        return;
    sink(q, last, index);
    rise(q, last, last->index);
}

void *timer_queue_take(struct timer_queue *q, uint64_t now)
{
    if (!q->count || q->heap[1]->at > now)
        return NULL;
    struct timer_entry *e = q->heap[1];
    timer_queue_drop(q, e);
    return e->owner;
}

int timer_queue_wait(const struct timer_queue *q, uint64_t now)
{
    if (!q->count)
        return -1;
    uint64_t at = q->heap[1]->at;
    if (at <= now)
        return 0;
    return at - now > INT_MAX ? INT_MAX : (int)(at - now);
}
