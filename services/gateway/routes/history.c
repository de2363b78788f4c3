/* Turns messages of a conversation into JSON. */
#include "routes/history.h"
#include "http/reply.h"

static json_t *message_of(const struct message *m)
{
    json_t *o = json_object();

    json_object_set_new(o, "turn_id", reply_string(m->turn_id));
    json_object_set_new(o, "seq", json_integer((json_int_t)m->seq));
    json_object_set_new(o, "role", json_string(m->by_user ? "user" : "assistant"));
    json_object_set_new(o, "content", reply_string(m->text));
    json_object_set_new(o, "at", reply_time(m->at));
    if (m->by_user)
        return o;
    json_object_set_new(o, "model", reply_string(m->model));
    json_object_set_new(o, "status", reply_string(m->status));
    json_object_set_new(o, "usage", reply_usage(m->prompt_tokens, m->completion_tokens, m->cost));
    json_object_set_new(o, "feedback", json_integer(m->feedback == 2 ? -1 : (int)m->feedback));
    return o;
}

json_t *history_messages(const struct message *messages, uint64_t count)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < count; i++)
        json_array_append_new(list, message_of(&messages[i]));
    return list;
}

json_t *history_branches(const struct branch *branches, uint64_t count)
{
    json_t *list = json_array();

    for (const struct branch *b = branches; b < branches + count; b++)
        json_array_append_new(list, json_pack("{s:I,s:o,s:b}", "seq", (json_int_t)b->seq,
                                              "conversation_id", reply_string(b->conversation),
                                              "shown", (int)b->shown));
    return list;
}

json_t *history_cursor(uint64_t more_before)
{
    return more_before ? json_sprintf("%llu", (unsigned long long)more_before) : json_null();
}
