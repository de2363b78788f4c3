/* A ring that grows. */
#include <stdlib.h>

#include "bus/common/outbox.h"

void outbox_fini(struct outbox *o)
{
    struct action a;
    while (outbox_take(o, &a))
        action_fini(&a);
    free(o->ring);
    *o = (struct outbox){0};
}

static void grow(struct outbox *o)
{
    struct outbox more = {.room = o->room ? 2 * o->room : 16};

    more.ring = mem_new(more.room * sizeof *more.ring);
    while (outbox_take(o, &more.ring[more.count]))
        more.count++;
    free(o->ring);
    *o = more;
}

struct action *outbox_add(struct outbox *o, enum action_kind kind, uint64_t id, struct str bytes)
{
    if (o->count == o->room)
        grow(o);
    struct action *a = &o->ring[(o->head + o->count++) % o->room];
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
    o->head = (o->head + 1) % o->room;
    o->count--;
    return true;
}

void action_fini(struct action *a)
{
    buf_fini(&a->bytes);
}
