/* Events that no step causes: what a subscriber missed, the queue, the backoff, keep-alives. */
#include "turn/turn_internal.h"

#define QUEUE_TICKS     10
#define KEEPALIVE_TICKS 150

void turn_notify_joined(struct turn *t)
{
    for (struct subscriber *s = t->subscribers.first, *next; s; s = next) {
        next = s->next;
        if (s->is_caught_up)
            continue;
        s->is_caught_up = true;
        if (t->answer.backoff_ms)
            s->on_event(s, t, TURN_EVENT_BACKOFF);
        if (t->answer.has_started)
            s->on_event(s, t, TURN_EVENT_STARTED);
        if (t->answer.text.len > s->at)
            s->on_event(s, t, TURN_EVENT_DELTA);
    }
}

static void notify_queue_position(struct turn *t)
{
    struct turn_slot *s = &t->slots[TURN_SLOT_ANSWER];
    bool              is_waiting = s->is_open && !t->answer.has_started;
    unsigned          position = is_waiting ? t->ports->queue_position(t->ports->ctx, s) : 0;

    if (position && position != t->answer.queue_position) {
        t->answer.queue_position = position;
        subscribers_notify(&t->subscribers, t, TURN_EVENT_QUEUED);
    }
}

/* A backoff only grows shorter; one that is longer than before is a new one. */
static void notify_backoff(struct turn *t)
{
    struct turn_slot *s = &t->slots[TURN_SLOT_ANSWER];
    uint64_t          before = t->answer.backoff_ms;

    t->answer.backoff_ms = s->is_open ? t->ports->retry_in_ms(t->ports->ctx, s) : 0;
    if (t->answer.backoff_ms > before)
        subscribers_notify(&t->subscribers, t, TURN_EVENT_BACKOFF);
}

void turn_notify_tick(struct turn *t)
{
    if (t->ticks % QUEUE_TICKS == 0)
        notify_queue_position(t);
    notify_backoff(t);
    if (t->ticks % KEEPALIVE_TICKS == 0)
        subscribers_notify(&t->subscribers, t, TURN_EVENT_KEEPALIVE);
}
