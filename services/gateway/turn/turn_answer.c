/* Takes the model's output, chunk by chunk. */
#include "base/failpoint.h"
#include "base/metrics.h"
#include "turn/turn_internal.h"

void turn_answer_set_model(struct turn *t, struct str model)
{
    struct turn_answer *a = &t->answer;

    if (model.len)
        str_copy(a->model, sizeof a->model, model);
    if (!a->has_started) {
        a->has_started = true;
        subscribers_notify(&t->subscribers, t, TURN_EVENT_STARTED);
    }
}

static void observe_first_token(const struct turn *t)
{
    uint64_t ms = t->ports->now_ms(t->ports->ctx) - t->started_ms;

    if (!t->follow.is_active && t->outcome.status == TURN_STATUS_OPEN)
        metric_observe(METRIC_TURN_FIRST_TOKEN, (double)ms / 1000);
}

/* An answer without an end is cut where it is full, as a model's own limit would do. */
void turn_answer_add(struct turn *t, struct str text)
{
    struct turn_answer *a = &t->answer;
    struct str          fitting = str_cut(text, LIMIT_ANSWER - a->text.len);

    if (fitting.len && !a->text.len)
        observe_first_token(t);
    buf_str(&a->text, fitting);
    if (fitting.len)
        subscribers_notify(&t->subscribers, t, TURN_EVENT_DELTA);
    if (fitting.len == text.len)
        return;
    a->is_full = true;
    turn_slot_drop(t, TURN_SLOT_ANSWER);
    str_copy(a->finish_reason, sizeof a->finish_reason, STR("length"));
}

void turn_answer_take_chunk(struct turn *t, struct str body)
{
    struct turn_slot *s = &t->slots[TURN_SLOT_ANSWER];
    struct llm_chunk  chunk;

    if (llm_chunk_decode(&chunk, body) != ERR_OK) {
        turn_slot_drop(t, TURN_SLOT_ANSWER);
        s->err = ERR_BAD_FRAME;
        return;
    }
    failpoint(FAILPOINT_GATEWAY_CHUNK_RECEIVED);
    t->answer.chunks++;
    t->ports->credit(t->ports->ctx, s, body.len);
    if (chunk.model.len)
        t->answer.is_free = chunk.is_free;
    turn_answer_set_model(t, chunk.model);
    turn_answer_add(t, chunk.text);
    failpoint(FAILPOINT_GATEWAY_CHUNK_FORWARDED);
}

static void take_usage(struct turn_answer *a, const struct llm_answer_reply *reply)
{
    str_copy(a->generation_id, sizeof a->generation_id, reply->generation_id);
    a->prompt_tokens = reply->prompt_tokens;
    a->completion_tokens = reply->completion_tokens;
    a->cost = reply->cost;
    a->is_cost_known = !reply->cost_unknown;
    a->is_cost_implausible = reply->cost_implausible;
}

enum err turn_answer_take_final(struct turn *t, struct turn_slot *s)
{
    struct turn_answer     *a = &t->answer;
    struct llm_answer_reply reply;

    if (turn_slot_read(s, llm_answer_reply, &reply))
        return s->err;
    turn_answer_set_model(t, reply.model);
    if (!a->text.len)
        turn_answer_add(t, reply.text);
    if (!a->is_full)
        str_copy(a->finish_reason, sizeof a->finish_reason, reply.finish_reason);
    take_usage(a, &reply);
    if (a->text.len)
        return ERR_OK;
    str_copy(s->detail, sizeof s->detail, STR("The model returned an empty answer."));
    return s->err = ERR_UPSTREAM_ERROR;
}

static enum turn_status status_of(struct str name)
{
    if (str_is(name, "stopped"))
        return TURN_STATUS_STOPPED;
    return str_is(name, "spooled") ? TURN_STATUS_SPOOLED : TURN_STATUS_COMMITTED;
}

void turn_answer_set_kept(struct turn *t, const struct turn_kept *kept)
{
    struct turn_answer *a = &t->answer;

    t->outcome.status = status_of(kept->status);
    t->seq = kept->seq;
    a->prompt_tokens = kept->prompt_tokens;
    a->completion_tokens = kept->completion_tokens;
    a->cost = kept->cost;
    str_copy(a->finish_reason, sizeof a->finish_reason, kept->finish_reason);
}
