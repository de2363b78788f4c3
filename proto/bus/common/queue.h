/* queue - the bounded queue of a service, with an estimate of the wait and overload control.
 *
 * An entry is queued from queue_add or queue_put_back until queue_remove or
 * queue_serve.  Normally the oldest entry is served first.  A queue that has not
 * been short for an interval is overloaded.  If it is LIFO under overload, the
 * newest entry is served first then (a new one can still meet its deadline, the
 * old ones mostly cannot), and entries that waited too long are overdue.  The
 * other kind, where users see their position, stays FIFO: the wait is estimated
 * from the rate of service, and an entry that cannot meet its deadline is not
 * admitted. */
#ifndef PROTO_BUS_COMMON_QUEUE_H
#define PROTO_BUS_COMMON_QUEUE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct queue_entry {
    TAILQ_ENTRY(queue_entry) link;
    uint64_t since; /* when it was first added; a retry keeps it, and so its position */
    bool     is_queued;
};

/* How many entries were served in an interval. */
struct queue_rate {
    uint64_t since;
    unsigned served;
};

struct queue {
    TAILQ_HEAD(queue_entries, queue_entry) entries; /* oldest first */
    unsigned          count, max;
    bool              lifo;         /* while overloaded */
    uint64_t          last_short;   /* when the queue was last short */
    struct queue_rate older, newer; /* since it formed, or the last one to two minutes */
};

void queue_init(struct queue *q, unsigned max, bool lifo, uint64_t now);

bool     queue_has_room(const struct queue *q, uint64_t now, uint64_t ttl_ms);
uint64_t queue_wait_ms(const struct queue *q, uint64_t now); /* estimate for one more entry */

void queue_add(struct queue *q, struct queue_entry *e, uint64_t now);      /* at the end */
void queue_put_back(struct queue *q, struct queue_entry *e, uint64_t now); /* by its age */
void queue_remove(struct queue *q, struct queue_entry *e); /* without being served */
void queue_serve(struct queue *q, struct queue_entry *e);

struct queue_entry *queue_next(const struct queue *q, uint64_t now);    /* to serve, or NULL */
struct queue_entry *queue_overdue(const struct queue *q, uint64_t now); /* to drop, or NULL */

/* At least a few times a second.  While no instance is live the queue does not
 * become overloaded. */
void queue_tick(struct queue *q, uint64_t now, bool is_live);

unsigned queue_position(const struct queue *q, const struct queue_entry *e, uint64_t now); /* 1.. */
uint64_t queue_oldest_ms(const struct queue *q, uint64_t now);

#endif
