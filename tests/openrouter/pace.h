/* pace - what is due when: one queue for everybody who waits, in the order of time.
 *
 * The waiter lends its struct due and must drop it before it goes away. */
#ifndef STANDIN_PACE_H
#define STANDIN_PACE_H
#include <stdint.h>

#include "base/mem.h"

struct due {
    uint64_t at;    /* on the clock of clock_ms */
    size_t   place; /* in the queue, from 1; 0: not waiting */
    void    *who;   /* borrowed */
};

struct pace {
    struct due **heap; /* owned; heap[1] is the earliest */
    size_t       count;
    size_t       room;
};

void  pace_fini(struct pace *p);
void  pace_add(struct pace *p, struct due *d, uint64_t at);
void  pace_drop(struct pace *p, struct due *d);      /* fine when not waiting */
void *pace_take(struct pace *p, uint64_t now);       /* NULL: nobody is due */
int   pace_wait(const struct pace *p, uint64_t now); /* ms; -1: nobody waits */

#endif
