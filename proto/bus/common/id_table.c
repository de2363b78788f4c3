/* Open addressing with linear probing; at most half full, so chains stay short. */
#include <stdlib.h>

#include "base/mem.h"
#include "bus/common/id_table.h"

static unsigned home(const struct id_table *t, uint64_t id)
{
    return (unsigned)((id * 0x9E3779B97F4A7C15u) >> 32) & (t->capacity - 1);
}

/* The slot of id, or the one where it would be inserted. */
static unsigned slot_of(const struct id_table *t, uint64_t id)
{
    unsigned at = home(t, id);
    while (t->slots[at].value && t->slots[at].id != id)
        at = (at + 1) & (t->capacity - 1);
    return at;
}

void id_table_fini(struct id_table *t)
{
    free(t->slots);
    *t = (struct id_table){0};
}

static void grow(struct id_table *t)
{
    struct id_table old = *t;

    t->capacity = old.capacity ? 2 * old.capacity : 16;
    t->slots = mem_new(t->capacity * sizeof *t->slots);
    for (unsigned i = 0; i < old.capacity; i++)
        if (old.slots[i].value)
            t->slots[slot_of(t, old.slots[i].id)] = old.slots[i];
    free(old.slots);
}

void id_table_add(struct id_table *t, uint64_t id, void *value)
{
    must(value);
    if (2 * (t->count + 1) > t->capacity)
        grow(t);
    unsigned at = slot_of(t, id);
    must(!t->slots[at].value);
    t->slots[at] = (struct id_table_slot){id, value};
    t->count++;
}

void *id_table_find(const struct id_table *t, uint64_t id)
{
    return t->capacity ? t->slots[slot_of(t, id)].value : NULL;
}

/* Moves up what follows the gap, unless it would then precede its home slot. */
static void close_gap(struct id_table *t, unsigned gap)
{
    unsigned mask = t->capacity - 1;

    for (unsigned at = (gap + 1) & mask; t->slots[at].value; at = (at + 1) & mask) {
        unsigned from_home = (at - home(t, t->slots[at].id)) & mask;
        unsigned from_gap = (at - gap) & mask;
        if (from_home >= from_gap) {
            t->slots[gap] = t->slots[at];
            gap = at;
        }
    }
    t->slots[gap].value = NULL;
}

void *id_table_take(struct id_table *t, uint64_t id)
{
    if (!t->capacity)
        return NULL;
    unsigned at = slot_of(t, id);
    void    *value = t->slots[at].value;
    if (value) {
        close_gap(t, at);
        t->count--;
    }
    return value;
}

void *id_table_take_any(struct id_table *t)
{
    for (unsigned at = 0; t->count && at < t->capacity; at++)
        if (t->slots[at].value)
            return id_table_take(t, t->slots[at].id);
    return NULL;
}
