/* Makes and frees a turn, and takes what clients ask of it. */
#include <stdlib.h>

#include "base/clock.h"
#include "turn/turn_internal.h"

void turn_params_fini(struct turn_params *p)
{
    free(p->text);
    free(p->model);
    *p = (struct turn_params){.text = NULL};
}

/* ---- small setters ---- */

void turn_set_budget(struct turn *t, uint64_t has_budget, double left)
{
    if (!has_budget)
        return;
    t->outcome.has_budget = true;
    t->outcome.budget_left = left;
}

void turn_set_conversation(struct turn *t, struct str id)
{
    if (!uuid_parse(&t->conversation, id))
        t->conversation = (struct uuid){{0}};
}

/* ---- the object ---- */

/* The first 16 digits of the turn's id, which the other services log too. */
static uint64_t log_id_of(const struct uuid *turn)
{
    char head[17];

    str_format(head, sizeof head, "%.8s%.4s%.4s", turn->text, turn->text + 9, turn->text + 14);
    return strtoull(head, NULL, 16);
}

/* Without a trace of the client's the turn begins one under its own id. */
static void begin_span(struct turn *t)
{
    struct trace above = t->params.trace;

    if (!*above.trace)
        trace_of_uuid(&above, t->params.turn_id.text);
    span_begin(&t->span, t->params.is_follower ? "GET /chat/events/*" : "POST /chat", SPAN_SERVER,
               &above);
}

struct turn *turn_new(const struct turn_ports *ports, struct turn_params *p)
{
    struct turn *t = mem_new(sizeof *t);

    t->ports = ports;
    t->params = *p;
    *p = (struct turn_params){.text = NULL};
    if (!t->params.text)
        t->params.text = str_dup(STR(""));
    if (!t->params.model)
        t->params.model = str_dup(STR(""));
    t->conversation = t->params.conversation;
    t->follow.is_active = t->params.is_follower;
    t->step = t->params.is_follower ? TURN_REQUEST_FOLLOW : TURN_REQUEST_LIMIT;
    t->log_id = log_id_of(&t->params.turn_id);
    t->started_ms = t->follow.heard_ms = ports->now_ms(ports->ctx);
    t->asked_at = clock_wall_ms();
    begin_span(t);
    return t;
}

void turn_free(struct turn **turn)
{
    struct turn *t = *turn;

    if (!t)
        return;
    deferred_call_stop(&t->wake);
    for (unsigned kind = 0; kind < TURN_SLOTS; kind++) {
        turn_slot_drop(t, kind);
        buf_fini(&t->slots[kind].body);
    }
    span_end(&t->span, "cut", NULL, 0); /* unless it has ended */
    buf_fini(&t->answer.text);
    turn_params_fini(&t->params);
    free(t);
    *turn = NULL;
}

void turn_cut(struct turn **t)
{
    must((*t)->subscribers.count == 0);
    turn_free(t);
}

/* ---- what clients ask of it ---- */

void turn_start(struct turn *t)
{
    t->ports->wake(t->ports->ctx, t);
}

void turn_join(struct turn *t, struct subscriber *s)
{
    subscribers_add(&t->subscribers, s);
    if (s->at > t->answer.text.len && !t->follow.is_active)
        s->at = t->answer.text.len;
    t->ports->wake(t->ports->ctx, t);
}

void turn_stop(struct turn *t)
{
    t->is_stopping = true;
    t->ports->wake(t->ports->ctx, t);
}

struct str turn_unsent(const struct turn *t, struct subscriber *s)
{
    const struct buf *text = &t->answer.text;

    if (s->at >= text->len)
        return (struct str){0};
    while (s->at && ((unsigned char)text->p[s->at] & 0xC0) == 0x80)
        s->at--;
    struct str unsent = {text->p + s->at, text->len - s->at};
    s->at = text->len;
    return unsent;
}
