/* queue - a service's waiting line: bounded, honest about the wait, calm under overload.
 *
 * A waiter is in line from queue_add or queue_put_back until queue_remove.
 * While things go well the oldest is served first.  A line that has stood for
 * long is overloaded: if it may turn round, the newest is served first then (a
 * new one still has the time to be answered, the old ones mostly have not), and
 * those that waited too long are shed.  A line people see their place in does
 * not turn round; there the wait is estimated from the pace of those served,
 * and who cannot be served within its time is not let in. */
#ifndef PROTO_BUS_QUEUE_H
#define PROTO_BUS_QUEUE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct waiter {
    TAILQ_ENTRY(waiter) link;
    uint64_t since; /* when it first came; keeps its place through a retry */
    bool     waits;
};

/* How many were served in a stretch of time. */
struct stretch {
    uint64_t since;
    unsigned served;
};

struct queue {
    TAILQ_HEAD(waiters, waiter) waiters; /* oldest first */
    unsigned       count, max;
    bool           turns;        /* newest first while overloaded */
    uint64_t       fine_at;      /* when the line was last short */
    struct stretch older, newer; /* since the line began, or the last one to two minutes */
};

void queue_init(struct queue *q, unsigned max, bool turns, uint64_t now);

bool     queue_has_room(const struct queue *q, uint64_t now, uint64_t ttl_ms);
uint64_t queue_wait_ms(const struct queue *q, uint64_t now); /* what one more would have to wait */

void queue_add(struct queue *q, struct waiter *w, uint64_t now);      /* new, at the end */
void queue_put_back(struct queue *q, struct waiter *w, uint64_t now); /* where its age puts it */
void queue_remove(struct queue *q, struct waiter *w); /* left without being served */
void queue_serve(struct queue *q, struct waiter *w);  /* its turn came */

struct waiter *queue_next(const struct queue *q, uint64_t now); /* whose turn it is, or NULL */
struct waiter *queue_shed(const struct queue *q, uint64_t now); /* who waited too long, or NULL */

/* At least a few times a second.  While nobody is there to serve the line, it
 * waits in patience and is not called overloaded. */
void queue_tick(struct queue *q, uint64_t now, bool served);

unsigned queue_place(const struct queue *q, const struct waiter *w, uint64_t now); /* from 1 */
uint64_t queue_oldest_ms(const struct queue *q, uint64_t now);

#endif
