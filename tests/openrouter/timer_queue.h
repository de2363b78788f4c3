/* timer_queue - a heap of timers, ordered by time.
 *
 * An entry is a struct inside its owner, which must drop it before its memory goes. */
#ifndef STANDIN_TIMER_QUEUE_H
#define STANDIN_TIMER_QUEUE_H
#include <stdint.h>

#include "base/mem.h"

struct timer_entry {
    uint64_t at;    /* on the clock of clock_ms */
    size_t   index; /* in the heap, from 1; 0: not queued */
    void    *owner; /* borrowed */
};

struct timer_queue {
    struct timer_entry **heap; /* owned; heap[1] is the earliest */
    size_t               count;
    size_t               room;
};

void  timer_queue_fini(struct timer_queue *q);
void  timer_queue_add(struct timer_queue *q, struct timer_entry *e, uint64_t at);
void  timer_queue_drop(struct timer_queue *q,
                       struct timer_entry *e); /* does nothing if not queued */
void *timer_queue_take(struct timer_queue *q,
                       uint64_t            now); /* the owner of an entry that is due; NULL: none */

/* In ms; -1: the queue is empty. */
int timer_queue_wait(const struct timer_queue *q, uint64_t now);

#endif
