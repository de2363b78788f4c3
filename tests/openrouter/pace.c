/* A binary heap whose members know their place, so that dropping one is cheap. */
#include <limits.h>
#include <stdlib.h>

#include "pace.h"

void pace_fini(struct pace *p)
{
    free(p->heap);
    *p = (struct pace){0};
}

static void put(struct pace *p, size_t place, struct due *d)
{
    p->heap[place] = d;
    d->place = place;
}

static void rise(struct pace *p, struct due *d, size_t place)
{
    while (place > 1 && p->heap[place / 2]->at > d->at) {
        put(p, place, p->heap[place / 2]);
        place /= 2;
    }
    put(p, place, d);
}

static void sink(struct pace *p, struct due *d, size_t place)
{
    for (size_t child; (child = 2 * place) <= p->count; place = child) {
        if (child < p->count && p->heap[child + 1]->at < p->heap[child]->at)
            child++;
        if (p->heap[child]->at >= d->at)
            break;
        put(p, place, p->heap[child]);
    }
    put(p, place, d);
}

void pace_add(struct pace *p, struct due *d, uint64_t at)
{
    must(!d->place);
    if (p->count + 2 > p->room) {
        p->room = p->room ? 2 * p->room : 64;
        p->heap = mem_grow(p->heap, p->room * sizeof(struct due *));
    }
    d->at = at;
    rise(p, d, ++p->count);
}

void pace_drop(struct pace *p, struct due *d)
{
    size_t place = d->place;

    if (!place)
        return;
    d->place = 0;
    struct due *last = p->heap[p->count--];
    if (last == d)
        return;
    sink(p, last, place);
    rise(p, last, last->place);
}

void *pace_take(struct pace *p, uint64_t now)
{
    if (!p->count || p->heap[1]->at > now)
        return NULL;
    struct due *d = p->heap[1];
    pace_drop(p, d);
    return d->who;
}

int pace_wait(const struct pace *p, uint64_t now)
{
    if (!p->count)
        return -1;
    uint64_t at = p->heap[1]->at;
    if (at <= now)
        return 0;
    return at - now > INT_MAX ? INT_MAX : (int)(at - now);
}
