/* A linked list, notified from front to back. */
#include "turn/subscribers.h"
#include "base/mem.h"

void subscribers_add(struct subscribers *list, struct subscriber *s)
{
    must(!s->list);
    s->list = list;
    s->next = list->first;
    s->is_caught_up = false;
    list->first = s;
    list->count++;
}

void subscribers_remove(struct subscriber *s)
{
    struct subscribers *list = s->list;

    if (!list)
        return;
    for (struct subscriber **link = &list->first; *link; link = &(*link)->next) {
        if (*link != s)
            continue;
        *link = s->next;
        list->count--;
        break;
    }
    s->list = NULL;
}

void subscribers_notify(struct subscribers *list, const struct turn *t, enum turn_event e)
{
    for (struct subscriber *s = list->first, *next; s; s = next) {
        next = s->next;
        if (turn_event_is_end(e))
            subscribers_remove(s);
        s->on_event(s, t, e);
    }
}
