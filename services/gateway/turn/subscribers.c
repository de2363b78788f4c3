/* A list, told from front to back. */
#include "turn/subscribers.h"
#include "base/mem.h"

void audience_add(struct audience *a, struct listener *l)
{
    must(!l->audience);
    l->audience = a;
    l->next = a->first;
    a->first = l;
    a->count++;
}

void audience_leave(struct listener *l)
{
    struct audience *a = l->audience;

    if (!a)
        return;
    for (struct listener **link = &a->first; *link; link = &(*link)->next) {
        if (*link != l)
            continue;
        *link = l->next;
        a->count--;
        break;
    }
    l->audience = NULL;
}

void audience_tell(struct audience *a, const struct chat *c, enum chat_event e)
{
    for (struct listener *l = a->first, *next; l; l = next) {
        next = l->next;
        if (chat_event_is_end(e))
            audience_leave(l);
        l->hear(l, c, e);
    }
}
