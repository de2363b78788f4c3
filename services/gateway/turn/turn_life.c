/* How a chat begins and ends as an object. */
#include <stdlib.h>

#include "base/clock.h"
#include "turn/turn_internal.h"

void chat_keep(char *to, size_t size, struct str text)
{
    str_copy(to, size, text);
}

static uint64_t log_id_of(const struct uuid *turn)
{
    char head[17];

    str_format(head, sizeof head, "%.8s%.4s%.4s", turn->text, turn->text + 9, turn->text + 14);
    return strtoull(head, NULL, 16);
}

void chat_free(struct chat **chat)
{
    struct chat *c = *chat;

    for (unsigned q = 0; q < CHAT_QUESTIONS; q++) {
        chat_drop(c, q);
        buf_fini(&c->slots[q].body);
    }
    span_end(&c->span, "cut", NULL, 0); /* unless it has ended */
    buf_fini(&c->answer);
    free(c->text);
    free(c->wanted_model);
    free(c);
    *chat = NULL;
}

/* A turn that is part of nobody's trace begins one under its own id. */
static void begin_span(struct chat *c, const struct chat_order *o)
{
    struct trace above = o->trace;

    if (!*above.trace)
        trace_of_uuid(&above, c->turn_id.text);
    span_begin(&c->span, o->is_follower ? "GET /chat/events/*" : "POST /chat", SPAN_SERVER, &above);
}

struct chat *chat_new(const struct chat_ports *ports, const struct chat_order *o)
{
    struct chat *c = mem_new(sizeof *c);

    c->ports = ports;
    c->session = o->session;
    c->turn_id = o->turn_id;
    c->conversation = c->wanted_chat = o->conversation;
    c->is_fresh = o->is_fresh;
    c->is_branch = o->is_branch;
    c->after_seq = o->after_seq;
    c->text = str_dup(o->text);
    c->wanted_model = str_dup(o->model);
    c->is_following = o->is_follower;
    c->may_begin = !o->is_follower;
    c->step = o->is_follower ? CHAT_ASK_FOLLOW : CHAT_ASK_LIMIT;
    str_format(c->address_hash, sizeof c->address_hash, "%s", o->address_hash);
    c->window = o->window;
    c->total_ms = o->total_ms;
    c->log_id = log_id_of(&c->turn_id);
    c->since_ms = c->followed_ms = ports->now_ms(ports->ctx);
    c->asked_at = clock_wall_ms();
    begin_span(c, o);
    return c;
}

void chat_join(struct chat *c, struct listener *l)
{
    audience_add(&c->audience, l);
    if (l->at > c->answer.len && !c->is_following)
        l->at = c->answer.len;
    if (c->rest_ms)
        l->hear(l, c, CHAT_WAITING);
    if (c->has_started)
        l->hear(l, c, CHAT_STARTED);
    if (c->answer.len > l->at)
        l->hear(l, c, CHAT_DELTA);
}

struct str chat_news(const struct chat *c, struct listener *l)
{
    if (l->at >= c->answer.len)
        return (struct str){0};
    while (l->at && ((unsigned char)c->answer.p[l->at] & 0xC0) == 0x80)
        l->at--;
    struct str news = {c->answer.p + l->at, c->answer.len - l->at};
    l->at = c->answer.len;
    return news;
}

void chat_cut(struct chat **c)
{
    must((*c)->audience.count == 0);
    chat_free(c);
}
