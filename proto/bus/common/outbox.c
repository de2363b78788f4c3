/* A growing ring. */
#include <stdlib.h>

#include "bus/common/outbox.h"

void outbox_fini(struct outbox *o)
{
    struct action a;
    while (outbox_take(o, &a))
        outbox_fini_action(&a);
    free(o->ring);
    *o = (struct outbox){0};
}

static void grow(struct outbox *o)
{
    struct outbox more = {.capacity = o->capacity ? 2 * o->capacity : 16};

    more.ring = mem_new(more.capacity * sizeof *more.ring);
    while (outbox_take(o, &more.ring[more.count]))
        more.count++;
    free(o->ring);
    *o = more;
}

struct action *outbox_add(struct outbox *o, enum action_kind kind, uint64_t id, struct str bytes)
{
    if (o->count == o->capacity)
        grow(o);
    struct action *a = &o->ring[(o->head + o->count++) % o->capacity];
    *a = (struct action){.kind = kind, .id = id};
    buf_str(&a->bytes, bytes);
    return a;
}

void outbox_send(struct outbox *o, uint64_t to, const struct frame *f)
{
    struct action *a = outbox_add(o, ACTION_SEND, f->id, (struct str){0});
    a->to = to;
    frame_encode(f, &a->bytes);
}

bool outbox_take(struct outbox *o, struct action *out)
{
    if (!o->count)
        return false;
    *out = o->ring[o->head];
    o->head = (o->head + 1) % o->capacity;
    o->count--;
    return true;
}

void outbox_fini_action(struct action *a)
{
    buf_fini(&a->bytes);
}
