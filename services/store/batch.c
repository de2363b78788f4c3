/* The queue before Postgres. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "batch.h"

#define TRIES_MAX  6  /* of one that others keep getting in the way of */
#define JITTER_MS  20 /* so that those in each other's way do not meet again */
#define KNOCK_MS   50 /* how often Postgres is tried while it is away */
#define SESSION_AT 0
#define CHAT_AT    1

struct waiting {
    struct waiting    *next;
    const struct args *args; /* borrowed */
    struct job        *job;  /* borrowed */
    unsigned           place;
    uint64_t           deadline, not_before;
    unsigned           tries;
    bool               alone; /* it failed in company */
};

struct parcel {
    struct batch   *batch;
    unsigned        count; /* 0: not in flight */
    struct waiting *turn[BATCH_TURNS];
};

struct batch {
    const struct batch_ops *ops;
    void                   *ctx;
    struct waiting         *first, **end;
    unsigned                count;
    struct parcel           parcel[BATCH_FLIGHT];
};

struct batch *batch_new(const struct batch_ops *ops, void *ctx)
{
    struct batch *b = mem_new(sizeof *b);

    b->ops = ops;
    b->ctx = ctx;
    b->end = &b->first;
    for (unsigned i = 0; i < BATCH_FLIGHT; i++)
        b->parcel[i].batch = b;
    return b;
}

static void put(struct batch *b, struct waiting *w)
{
    w->next = NULL;
    *b->end = w;
    b->end = &w->next;
    b->count++;
}

/* Takes the one behind this link out of the queue. */
static struct waiting *take(struct batch *b, struct waiting **link)
{
    struct waiting *w = *link;

    *link = w->next;
    if (!*link)
        b->end = link;
    b->count--;
    return w;
}

static void answer(struct batch *b, struct waiting *w, enum err err, struct grid *grid)
{
    b->ops->answer(b->ctx, w->job, w->place, err, grid);
    free(w);
}

void batch_free(struct batch **batch)
{
    struct batch *b = *batch;

    if (!b)
        return;
    for (unsigned i = 0; i < BATCH_FLIGHT; i++)
        must(b->parcel[i].count == 0);
    while (b->first)
        answer(b, take(b, &b->first), ERR_DOWN, NULL);
    free(b);
    *batch = NULL;
}

/* ---- sending ---- */

static int by_session_and_chat(const void *left, const void *right)
{
    const struct args *a = (*(struct waiting *const *)left)->args;
    const struct args *b = (*(struct waiting *const *)right)->args;
    int                order = strcmp(a->words[SESSION_AT], b->words[SESSION_AT]);

    return order ? order : strcmp(a->words[CHAT_AT], b->words[CHAT_AT]);
}

/* The next ones of the queue that may travel together. */
static void fill(struct batch *b, struct parcel *p, uint64_t now)
{
    for (struct waiting **link = &b->first; *link && p->count < BATCH_TURNS;) {
        struct waiting *w = *link;
        if (w->not_before > now || (w->alone && p->count)) {
            link = &w->next;
            continue;
        }
        p->turn[p->count++] = take(b, link);
        if (w->alone)
            break;
    }
    qsort(p->turn, p->count, sizeof p->turn[0], by_session_and_chat);
}

/* Back into the queue, before whatever came later. */
static void unfill(struct batch *b, struct parcel *p)
{
    while (p->count) {
        struct waiting *w = p->turn[--p->count];
        w->next = b->first;
        b->first = w;
        if (!w->next)
            b->end = &w->next;
        b->count++;
    }
}

static bool send_parcel(struct batch *b, struct parcel *p)
{
    struct pg_item items[BATCH_TURNS];

    for (unsigned i = 0; i < p->count; i++)
        items[i] = (struct pg_item){STATEMENT_COMMIT, p->turn[i]->args};
    return b->ops->send(b->ctx, items, p->count, p) == ERR_OK;
}

static void give_up_late(struct batch *b, uint64_t now)
{
    for (struct waiting **link = &b->first; *link;) {
        if ((*link)->deadline > now)
            link = &(*link)->next;
        else
            answer(b, take(b, link), ERR_DOWN, NULL);
    }
}

void batch_pump(struct batch *b, uint64_t now)
{
    give_up_late(b, now);
    for (unsigned i = 0; i < BATCH_FLIGHT; i++) {
        struct parcel *p = &b->parcel[i];
        if (p->count)
            continue;
        fill(b, p, now);
        if (!p->count)
            return;
        if (!send_parcel(b, p)) {
            unfill(b, p);
            return;
        }
    }
}

void batch_add(struct batch *b, const struct args *args, uint64_t now, uint64_t ttl_ms,
               struct job *job, unsigned place)
{
    struct waiting *w = mem_new(sizeof *w);

    w->args = args;
    w->job = job;
    w->place = place;
    w->deadline = now + ttl_ms;
    put(b, w);
}

/* ---- what became of it ---- */

static bool is_worth_another(const struct waiting *w, enum err err, bool in_company)
{
    return err == ERR_DOWN || in_company || (err == ERR_CONFLICT && w->tries < TRIES_MAX);
}

void batch_done(struct parcel *p, enum err err, struct grid *grids, uint64_t now)
{
    struct batch   *b = p->batch;
    struct waiting *turn[BATCH_TURNS];
    unsigned        count = p->count;

    /* An answer may bring the next turn at once, so the parcel is empty before the first. */
    memcpy(turn, p->turn, count * sizeof turn[0]);
    p->count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct waiting *w = turn[i];
        if (!err) {
            answer(b, w, ERR_OK, &grids[i]);
            continue;
        }
        if (!is_worth_another(w, err, count > 1)) {
            answer(b, w, err, NULL);
            continue;
        }
        w->tries++;
        w->alone = err != ERR_DOWN || w->tries > 1;
        w->not_before = err == ERR_DOWN ? 0 : now + 1 + random_below(JITTER_MS);
        put(b, w);
    }
}

/* Is a transaction in flight, its end will pump; if none is, Postgres is away. */
static bool is_stuck(const struct batch *b)
{
    for (unsigned i = 0; i < BATCH_FLIGHT; i++)
        if (b->parcel[i].count)
            return false;
    return b->count > 0;
}

uint64_t batch_wakes_at(const struct batch *b, uint64_t now)
{
    uint64_t at = is_stuck(b) ? now + KNOCK_MS : UINT64_MAX;

    for (const struct waiting *w = b->first; w; w = w->next) {
        if (w->deadline < at)
            at = w->deadline;
        if (w->not_before > now && w->not_before < at)
            at = w->not_before;
    }
    return at;
}

unsigned batch_waiting(const struct batch *b)
{
    return b->count;
}
