/* What the model says, piece by piece. */
#include "base/failpoint.h"
#include "base/metrics.h"
#include "turn/turn_internal.h"

void chat_set_model(struct chat *c, struct str model)
{
    if (model.len)
        chat_keep(c->model, sizeof c->model, model);
    if (!c->has_started) {
        c->has_started = true;
        audience_tell(&c->audience, c, CHAT_STARTED);
    }
}

/* An answer that does not end is cut where it is full, as a model's own limit would. */
void chat_add_text(struct chat *c, struct str text)
{
    struct str fitting = str_cut(text, LIMIT_ANSWER - c->answer.len);

    if (fitting.len && !c->answer.len && !c->is_following && c->status == CHAT_OPEN)
        metric_observe(METRIC_TURN_FIRST_TOKEN,
                       (double)(c->ports->now_ms(c->ports->ctx) - c->since_ms) / 1000);
    buf_str(&c->answer, fitting);
    if (fitting.len)
        audience_tell(&c->audience, c, CHAT_DELTA);
    if (fitting.len == text.len)
        return;
    c->is_full = true;
    chat_drop(c, CHAT_Q_ANSWER);
    chat_keep(c->finish_reason, sizeof c->finish_reason, STR("length"));
}

void chat_take_piece(struct chat *c, struct str body)
{
    struct chat_slot *s = &c->slots[CHAT_Q_ANSWER];
    struct llm_chunk  piece;

    if (llm_chunk_decode(&piece, body) != ERR_OK) {
        chat_drop(c, CHAT_Q_ANSWER);
        s->err = ERR_BAD_FRAME;
        return;
    }
    failpoint(FAILPOINT_GATEWAY_CHUNK_RECEIVED);
    c->pieces++;
    c->ports->taken(c->ports->ctx, s, body.len);
    if (piece.model.len)
        c->is_free = piece.is_free;
    chat_set_model(c, piece.model);
    chat_add_text(c, piece.text);
    failpoint(FAILPOINT_GATEWAY_CHUNK_FORWARDED);
}

enum err chat_take_last(struct chat *c, struct str body)
{
    struct llm_answer_reply say;
    enum err                err = llm_answer_reply_decode(&say, body);

    if (err)
        return err;
    chat_set_model(c, say.model);
    if (!c->answer.len)
        chat_add_text(c, say.text);
    if (!c->is_full)
        chat_keep(c->finish_reason, sizeof c->finish_reason, say.finish_reason);
    chat_keep(c->generation_id, sizeof c->generation_id, say.generation_id);
    c->prompt_tokens = say.prompt_tokens;
    c->completion_tokens = say.completion_tokens;
    c->cost = say.cost;
    c->is_cost_known = !say.cost_unknown;
    c->is_cost_implausible = say.cost_implausible;
    if (c->answer.len)
        return ERR_OK;
    chat_keep(c->slots[CHAT_Q_ANSWER].detail, sizeof c->slots[CHAT_Q_ANSWER].detail,
              STR("The model finished without a word."));
    return ERR_UPSTREAM_ERROR;
}
