/* Requests that wait for their replies. */
#include <string.h>

#include "turn/turn_internal.h"

bool turn_slot_is_open(const struct turn *t, enum turn_slot_kind kind)
{
    return t->slots[kind].is_open;
}

/* Renewals are sent several times a second; a span of one that went well says nothing new. */
static void end_span(struct turn_slot *s, const char *error)
{
    if (s->kind == TURN_SLOT_RENEW && (!error || strcmp(error, "dropped") == 0))
        s->span.began_us = 0;
    span_end(&s->span, error, NULL, 0);
}

enum err turn_slot_send(struct turn *t, enum turn_slot_kind kind, enum service to, struct buf *body,
                        uint64_t ttl_ms)
{
    struct turn_slot *s = &t->slots[kind];
    char              trace[TRACEPARENT_LEN + 1];

    must(!s->is_open);
    buf_fini(&s->body);
    *s = (struct turn_slot){.turn = t, .kind = kind, .is_open = true};
    span_begin(&s->span, msg_name(msg_number(buf_view(body))), SPAN_CLIENT, &t->span.at);
    trace_write(&s->span.at, trace);
    enum err err = t->ports->send(t->ports->ctx, s, to, buf_view(body), ttl_ms, str_of(trace));
    if (err) {
        s->is_open = false;
        end_span(s, err_code(err));
    }
    buf_fini(body);
    return err;
}

void turn_slot_drop(struct turn *t, enum turn_slot_kind kind)
{
    struct turn_slot *s = &t->slots[kind];

    if (!s->is_open)
        return;
    s->is_open = false;
    t->ports->cancel(t->ports->ctx, s);
    end_span(s, "dropped");
}

void turn_slot_close(struct turn_slot *s, const struct bus_reply *a)
{
    s->is_open = false;
    s->err = a->kind == BUS_REPLY_ERROR ? (a->err ? a->err : ERR_INTERNAL) : ERR_OK;
    end_span(s, s->err ? err_code(s->err) : NULL);
    s->is_retryable = a->retryable;
    s->retry_after_ms = a->retry_after_ms;
    str_copy(s->detail, sizeof s->detail, a->detail);
    buf_clear(&s->body);
    buf_str(&s->body, a->body);
}
