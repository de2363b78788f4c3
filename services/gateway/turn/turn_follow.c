/* A turn that exists already: replayed when it was kept, followed while another gateway runs it. */
#include <stdlib.h>

#include "base/failpoint.h"
#include "turn/turn_internal.h"

#define FOLLOW_TICKS   2
#define FOLLOW_MORE_MS 60000 /* that a turn may take in addition to the answer itself */
#define SILENCE_MS     15000 /* after which a store is taken to be down */

/* ---- it was kept ---- */

enum turn_step turn_step_replay(struct turn *t)
{
    struct turn_begin_reply *begun = mem_new(sizeof *begun);

    must(turn_slot_read(&t->slots[TURN_SLOT_BEGIN], turn_begin_reply, begun) == ERR_OK);
    failpoint(FAILPOINT_GATEWAY_REPLAY_DUE);
    turn_answer_set_kept(t, &(struct turn_kept){.status = begun->status,
                                                .finish_reason = begun->finish_reason,
                                                .seq = begun->seq,
                                                .prompt_tokens = begun->prompt_tokens,
                                                .completion_tokens = begun->completion_tokens,
                                                .cost = begun->cost});
    turn_answer_set_model(t, begun->model);
    turn_answer_add(t, begun->text);
    free(begun);
    return TURN_END;
}

/* ---- another gateway runs it ---- */

/* Repeated while there are subscribers. */
enum turn_step turn_step_request_follow(struct turn *t)
{
    uint64_t deadline_ms = t->params.answer_ms + FOLLOW_MORE_MS;

    if (!t->subscribers.count)
        return TURN_END;
    if (t->ticks < t->follow.next_tick)
        return TURN_PARKED;
    if (t->ports->now_ms(t->ports->ctx) - t->started_ms > deadline_ms)
        return turn_fail(t, ERR_BUSY);
    t->follow.next_tick = t->ticks + FOLLOW_TICKS;
    t->slots[TURN_SLOT_FOLLOW].err = turn_request_follow(t);
    return TURN_AWAIT_FOLLOW;
}

/* It failed there, or the store does not know it.  If nothing was shown yet, it may begin here. */
static enum turn_step begin_here(struct turn *t, enum err otherwise)
{
    bool may_begin = !t->params.is_follower && !t->answer.text.len;
    return may_begin ? TURN_REQUEST_ADMISSION : turn_fail(t, otherwise);
}

static enum turn_step follow_failed(struct turn *t, const struct turn_slot *s)
{
    uint64_t silence = t->ports->now_ms(t->ports->ctx) - t->follow.heard_ms;

    if (s->err == ERR_NOT_FOUND)
        return begin_here(t, t->answer.text.len ? ERR_INTERRUPTED : ERR_NOT_FOUND);
    if (err_http(s->err) >= 500 && silence < SILENCE_MS)
        return TURN_REQUEST_FOLLOW;
    return turn_fail_from(t, s, ERR_STORE_DOWN);
}

static void take_text(struct turn *t, const struct turn_follow_reply *reply)
{
    t->follow.heard_ms = t->ports->now_ms(t->ports->ctx);
    if (reply->conversation.len)
        turn_set_conversation(t, reply->conversation);
    if (!*t->params.text && reply->question.len) {
        free(t->params.text);
        t->params.text = str_dup(reply->question);
    }
    if (reply->text.len || reply->outcome == FOLLOW_KEPT)
        turn_answer_set_model(t, reply->model);
    turn_answer_add(t, reply->text);
}

/* Whether this text cannot continue what was repeated so far: a new owner has begun again. */
static bool has_new_owner(struct turn *t, const struct turn_follow_reply *reply)
{
    if (!t->answer.text.len)
        t->follow.epoch = reply->epoch;
    return reply->epoch && t->follow.epoch && reply->epoch != t->follow.epoch;
}

static enum turn_step end_as_kept(struct turn *t, const struct turn_follow_reply *reply)
{
    turn_answer_set_kept(t, &(struct turn_kept){.status = reply->status,
                                                .finish_reason = reply->finish_reason,
                                                .seq = reply->seq,
                                                .prompt_tokens = reply->prompt_tokens,
                                                .completion_tokens = reply->completion_tokens,
                                                .cost = reply->cost});
    turn_set_budget(t, reply->has_budget, reply->budget_left);
    return TURN_END;
}

enum turn_step turn_step_await_follow(struct turn *t)
{
    struct turn_slot        *s = &t->slots[TURN_SLOT_FOLLOW];
    struct turn_follow_reply reply;

    if (s->is_open)
        return TURN_PARKED;
    if (turn_slot_read(s, turn_follow_reply, &reply))
        return follow_failed(t, s);
    failpoint(FAILPOINT_GATEWAY_FOLLOW_ANSWERED);
    if (has_new_owner(t, &reply))
        return turn_fail(t, ERR_INTERRUPTED);
    take_text(t, &reply);
    if (reply.outcome == FOLLOW_KEPT)
        return end_as_kept(t, &reply);
    if (reply.outcome == FOLLOW_ABORTED)
        return turn_fail(t, err_of_code(reply.code));
    if (reply.outcome == FOLLOW_INTERRUPTED)
        return begin_here(t, ERR_INTERRUPTED);
    return TURN_REQUEST_FOLLOW;
}
