/* Open addressing with linear probing; at most half full, so chains stay short. */
#include <stdlib.h>

#include "base/mem.h"
#include "bus/common/id_table.h"

static unsigned home(const struct id_table *t, uint64_t id)
{
    return (unsigned)((id * 0x9E3779B97F4A7C15u) >> 32) & (t->room - 1);
}

/* Where id is, or where it would go. */
static unsigned place_of(const struct id_table *t, uint64_t id)
{
    unsigned at = home(t, id);
    while (t->places[at].thing && t->places[at].id != id)
        at = (at + 1) & (t->room - 1);
    return at;
}

void id_table_fini(struct id_table *t)
{
    free(t->places);
    *t = (struct id_table){0};
}

static void grow(struct id_table *t)
{
    struct id_table old = *t;

    t->room = old.room ? 2 * old.room : 16;
    t->places = mem_new(t->room * sizeof *t->places);
    for (unsigned i = 0; i < old.room; i++)
        if (old.places[i].thing)
            t->places[place_of(t, old.places[i].id)] = old.places[i];
    free(old.places);
}

void id_table_add(struct id_table *t, uint64_t id, void *thing)
{
    must(thing);
    if (2 * (t->count + 1) > t->room)
        grow(t);
    unsigned at = place_of(t, id);
    must(!t->places[at].thing);
    t->places[at] = (struct id_place){id, thing};
    t->count++;
}

void *id_table_find(const struct id_table *t, uint64_t id)
{
    return t->room ? t->places[place_of(t, id)].thing : NULL;
}

/* Closes the gap: what stands behind it moves up unless it would come to stand
 * before its home. */
static void close_gap(struct id_table *t, unsigned gap)
{
    unsigned mask = t->room - 1;

    for (unsigned at = (gap + 1) & mask; t->places[at].thing; at = (at + 1) & mask) {
        unsigned from_home = (at - home(t, t->places[at].id)) & mask;
        unsigned from_gap = (at - gap) & mask;
        if (from_home >= from_gap) {
            t->places[gap] = t->places[at];
            gap = at;
        }
    }
    t->places[gap].thing = NULL;
}

void *id_table_take(struct id_table *t, uint64_t id)
{
    if (!t->room)
        return NULL;
    unsigned at = place_of(t, id);
    void    *thing = t->places[at].thing;
    if (thing) {
        close_gap(t, at);
        t->count--;
    }
    return thing;
}

void *id_table_take_any(struct id_table *t)
{
    for (unsigned at = 0; t->count && at < t->room; at++)
        if (t->places[at].thing)
            return id_table_take(t, t->places[at].id);
    return NULL;
}
