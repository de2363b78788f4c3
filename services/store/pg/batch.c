/* The queue of commits in front of Postgres. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "batch.h"

#define TRIES_MAX 6  /* of one that others keep conflicting with */
#define JITTER_MS 20 /* so that those which conflicted do not meet again */
#define RETRY_MS  50 /* how often Postgres is tried while it is unavailable */

struct waiting {
    struct waiting     *next;
    struct batch_commit commit;
    uint64_t            deadline, not_before;
    unsigned            tries;
    bool                alone; /* it failed together with others */
    enum err            err;   /* once it is done */
    struct result_set   set;   /* likewise */
};

struct queue {
    struct waiting *first, **end;
    unsigned        count;
};

struct batch_transaction {
    struct batch   *batch;
    unsigned        count; /* 0: not in flight */
    struct waiting *turn[BATCH_TURNS];
};

struct batch {
    const struct batch_ops  *ops;
    void                    *ctx;
    struct queue             queue, done;
    struct batch_transaction transaction[BATCH_IN_FLIGHT];
};

/* ---- queues ---- */

static void put(struct queue *q, struct waiting *w)
{
    w->next = NULL;
    *q->end = w;
    q->end = &w->next;
    q->count++;
}

static void put_first(struct queue *q, struct waiting *w)
{
    w->next = q->first;
    q->first = w;
    if (!w->next)
        q->end = &w->next;
    q->count++;
}

/* Takes the one behind this link. */
static struct waiting *take(struct queue *q, struct waiting **link)
{
    struct waiting *w = *link;

    *link = w->next;
    if (!*link)
        q->end = link;
    q->count--;
    return w;
}

static void finish(struct batch *b, struct waiting *w, enum err err, struct result_set *set)
{
    w->err = err;
    if (set)
        result_set_move(&w->set, set);
    put(&b->done, w);
}

void batch_deliver(struct batch *b)
{
    while (b->done.first) {
        struct waiting *w = take(&b->done, &b->done.first);
        b->ops->answer(b->ctx, w->commit.waiter, w->commit.slot, w->err, &w->set);
        result_set_fini(&w->set);
        free(w);
    }
}

/* ---- new and free ---- */

struct batch *batch_new(const struct batch_ops *ops, void *ctx)
{
    struct batch *b = mem_new(sizeof *b);

    b->ops = ops;
    b->ctx = ctx;
    b->queue.end = &b->queue.first;
    b->done.end = &b->done.first;
    for (unsigned i = 0; i < BATCH_IN_FLIGHT; i++)
        b->transaction[i].batch = b;
    return b;
}

void batch_free(struct batch **batch)
{
    struct batch *b = *batch;

    if (!b)
        return;
    for (unsigned i = 0; i < BATCH_IN_FLIGHT; i++)
        must(b->transaction[i].count == 0);
    while (b->queue.first || b->done.first) { /* an answer may bring the next commit */
        while (b->queue.first)
            finish(b, take(&b->queue, &b->queue.first), ERR_DOWN, NULL);
        batch_deliver(b);
    }
    free(b);
    *batch = NULL;
}

/* ---- sending ---- */

static int by_session_and_conversation(const void *left, const void *right)
{
    const struct batch_commit *a = &(*(struct waiting *const *)left)->commit;
    const struct batch_commit *b = &(*(struct waiting *const *)right)->commit;
    int                        order = strcmp(a->session.text, b->session.text);

    return order ? order : strcmp(a->conversation.text, b->conversation.text);
}

/* Takes the next ones of the queue that may be sent together. */
static void fill(struct batch *b, struct batch_transaction *t, uint64_t now)
{
    for (struct waiting **link = &b->queue.first; *link && t->count < BATCH_TURNS;) {
        struct waiting *w = *link;
        if (w->not_before > now || (w->alone && t->count)) {
            link = &w->next;
            continue;
        }
        t->turn[t->count++] = take(&b->queue, link);
        if (w->alone)
            break;
    }
    qsort(t->turn, t->count, sizeof t->turn[0], by_session_and_conversation);
}

/* Puts them back into the queue, in front of later ones. */
static void put_back(struct batch *b, struct batch_transaction *t)
{
    while (t->count)
        put_first(&b->queue, t->turn[--t->count]);
}

static bool send_transaction(struct batch *b, struct batch_transaction *t)
{
    struct sql_call calls[BATCH_TURNS];

    for (unsigned i = 0; i < t->count; i++)
        calls[i] = t->turn[i]->commit.call;
    return b->ops->send(b->ctx, calls, t->count, t) == ERR_OK;
}

static void give_up_late(struct batch *b, uint64_t now)
{
    for (struct waiting **link = &b->queue.first; *link;) {
        if ((*link)->deadline > now)
            link = &(*link)->next;
        else
            finish(b, take(&b->queue, link), ERR_DOWN, NULL);
    }
}

void batch_pump(struct batch *b, uint64_t now)
{
    give_up_late(b, now);
    for (unsigned i = 0; i < BATCH_IN_FLIGHT; i++) {
        struct batch_transaction *t = &b->transaction[i];
        if (t->count)
            continue;
        fill(b, t, now);
        if (!t->count)
            return;
        if (!send_transaction(b, t)) {
            put_back(b, t);
            return;
        }
    }
}

void batch_add(struct batch *b, const struct batch_commit *commit, uint64_t now)
{
    struct waiting *w = mem_new(sizeof *w);

    w->commit = *commit;
    w->deadline = now + commit->deadline_ms;
    put(&b->queue, w);
}

/* ---- the outcome ---- */

static bool is_worth_another(const struct waiting *w, enum err err, bool together)
{
    return err == ERR_DOWN || together || (err == ERR_CONFLICT && w->tries < TRIES_MAX);
}

void batch_done(struct batch_transaction *t, enum err err, struct result_set *sets, uint64_t now)
{
    struct batch *b = t->batch;
    unsigned      count = t->count;

    t->count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct waiting *w = t->turn[i];
        if (!err || !is_worth_another(w, err, count > 1)) {
            finish(b, w, err, err ? NULL : &sets[i]);
            continue;
        }
        w->tries++;
        w->alone = err != ERR_DOWN || w->tries > 1;
        w->not_before = err == ERR_DOWN ? 0 : now + 1 + random_below(JITTER_MS);
        put(&b->queue, w);
    }
}

/* The end of a transaction in flight will pump; without one, Postgres is unavailable. */
static bool is_stuck(const struct batch *b)
{
    for (unsigned i = 0; i < BATCH_IN_FLIGHT; i++)
        if (b->transaction[i].count)
            return false;
    return b->queue.count > 0;
}

uint64_t batch_wakes_at(const struct batch *b, uint64_t now)
{
    if (b->done.first)
        return now;
    uint64_t at = is_stuck(b) ? now + RETRY_MS : UINT64_MAX;

    for (const struct waiting *w = b->queue.first; w; w = w->next) {
        if (w->deadline < at)
            at = w->deadline;
        if (w->not_before > now && w->not_before < at)
            at = w->not_before;
    }
    return at;
}

unsigned batch_waiting(const struct batch *b)
{
    return b->queue.count;
}
