/* The flow of a turn.
 *
 *   request_limit      may this address send another message?
 *   await_limit
 *   request_admission  the filter checks the message, a store begins the turn
 *   await_admission
 *   admit              both accepted                the turn exists already:
 *      │         └────────────────────────────────────► replay
 *      │                                                request_follow ◄─► await_follow
 *   request_answer     the model is asked
 *   await_answer       its text goes to the subscribers, with review checkpoints
 *   request_review     a review of the whole text
 *   await_review
 *   request_commit     the store keeps the turn
 *   await_commit
 *      │   from anywhere above: turn_fail ─► request_abort, await_abort ─┐
 *   end  ◄───────────────────────────────────────────────────────────────┘
 *
 * A step returns the next one.  An await_ step that still misses a reply parks
 * and runs again whenever the turn is woken, so a wake too many does no harm.
 * Meanwhile the lease is renewed from grant to end, and the answer so far is
 * sent to a store, for those who follow the turn at another gateway.
 *
 * Invariants:
 *  1. Subscribers get exactly one end, and nothing after it.
 *  2. What was granted is ended once: by a commit or by an abort.
 *  3. The model is not asked before the filter has accepted the message; an
 *     unavailable filter accepts nothing.
 *  4. Nothing is committed unless a review of its whole text accepted it.
 *  5. A complete answer reaches the client even if it cannot be committed: its
 *     status is then `unsaved`.
 *  6. After a failure the history is unchanged, and the client gets the text of
 *     the message back.
 *  7. A request whose reply is not wanted any more is cancelled, so a late or
 *     second reply finds no open slot. */
#include <stdlib.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "turn/review_schedule.h"
#include "turn/turn_internal.h"

static const struct {
    const char *name;
    enum turn_step (*run)(struct turn *t);
} steps[] = {
#define STEP(NAME, fn) {#fn, turn_step_##fn},
#include "turn/turn.def"
};

/* The only loop, the only trace of steps, the only free. */
static void run(struct turn *t)
{
    enum turn_step next = t->step;

    while (next != TURN_PARKED && next != TURN_DONE) {
        t->step = next;
        log_trace(t->log_id, "turn.step", "step=%s", steps[next].name);
        next = steps[next].run(t);
    }
    if (next == TURN_DONE)
        turn_free(&t);
}

/* ---- may this address send another message? ---- */

/* Overload is reported here, before anything is spent. */
enum turn_step turn_step_request_limit(struct turn *t)
{
    enum err err = t->ports->would_accept(t->ports->ctx, SERVICE_LLM_WORKER, t->params.answer_ms);
    if (err)
        return turn_fail(t, err);
    err = turn_request_limit(t);
    return err ? turn_fail(t, err) : TURN_AWAIT_LIMIT;
}

enum turn_step turn_step_await_limit(struct turn *t)
{
    struct turn_slot       *s = &t->slots[TURN_SLOT_LIMIT];
    struct limit_take_reply reply;
    uint64_t                wait = 0;

    if (s->is_open)
        return TURN_PARKED;
    if (turn_slot_read(s, limit_take_reply, &reply))
        return turn_fail_from(t, s, ERR_STORE_DOWN);
    if (t->is_stopping)
        return turn_fail(t, ERR_STOPPED);
    if (!reply.allowed)
        return turn_fail_limited(t, reply.retry_after_ms);
    if (reply.limits_unavailable)
        wait = t->ports->limit_address(t->ports->ctx, t->params.address_hash);
    failpoint(FAILPOINT_GATEWAY_LIMIT_PASSED);
    return wait ? turn_fail_limited(t, wait) : TURN_REQUEST_ADMISSION;
}

/* ---- is it on topic, and may the turn begin? ---- */

enum turn_step turn_step_request_admission(struct turn *t)
{
    enum err err = turn_request_filter(t);
    if (err)
        return turn_fail(t, err); /* before the store has granted anything */
    err = turn_request_begin(t);
    failpoint(FAILPOINT_GATEWAY_BOTH_REQUESTED);
    return err ? turn_fail(t, err) : TURN_AWAIT_ADMISSION;
}

/* The store's reply to turn_begin_request; free() it.  NULL: an error, which is in the slot. */
static struct turn_begin_reply *read_begun(struct turn *t)
{
    struct turn_slot        *s = &t->slots[TURN_SLOT_BEGIN];
    struct turn_begin_reply *reply = mem_new(sizeof *reply);

    if (turn_slot_read(s, turn_begin_reply, reply)) {
        free(reply);
        reply = NULL;
    }
    return reply;
}

static void take_grant(struct turn *t, const struct turn_begin_reply *begun)
{
    if (begun->outcome != BEGIN_GRANTED || t->lease.is_held)
        return;
    t->lease.is_held = true;
    t->lease.epoch = begun->epoch;
    t->seq = begun->seq;
    failpoint(FAILPOINT_GATEWAY_GRANTED);
}

enum turn_step turn_step_await_admission(struct turn *t)
{
    if (turn_slot_is_open(t, TURN_SLOT_BEGIN))
        return TURN_PARKED;
    struct turn_begin_reply *begun = read_begun(t);
    if (!begun)
        return turn_fail_from(t, &t->slots[TURN_SLOT_BEGIN], ERR_STORE_DOWN);

    bool is_replay = begun->outcome == BEGIN_REPLAY;
    t->follow.is_active = begun->outcome == BEGIN_FOLLOW;
    take_grant(t, begun);
    turn_set_budget(t, begun->has_budget, begun->budget_left);
    turn_set_conversation(t, begun->conversation);
    free(begun);
    if (is_replay || t->follow.is_active) {
        turn_slot_drop(t, TURN_SLOT_FILTER); /* it was accepted the first time */
        return is_replay ? TURN_REPLAY : TURN_REQUEST_FOLLOW;
    }
    if (t->is_stopping && t->lease.is_held)
        return turn_fail(t, ERR_STOPPED);
    return turn_slot_is_open(t, TURN_SLOT_FILTER) ? TURN_PARKED : TURN_ADMIT;
}

/* What depends on the context is on topic where the conversation is about cars. */
static enum err judge(struct turn *t, const struct turn_begin_reply *begun)
{
    struct turn_slot         *s = &t->slots[TURN_SLOT_FILTER];
    struct filter_check_reply reply;

    if (turn_slot_read(s, filter_check_reply, &reply))
        return s->err == ERR_OVERLOADED ? ERR_OVERLOADED : ERR_FILTER_DOWN;
    t->review.verdict = reply.verdict;
    str_copy(t->review.reason, sizeof t->review.reason, reply.reason);
    bool passes = reply.verdict == VERDICT_ON ||
                  (reply.verdict == VERDICT_DEPENDS && (begun->on_topic || reply.greeting));
    return passes ? ERR_OK : ERR_OFF_TOPIC;
}

enum turn_step turn_step_admit(struct turn *t)
{
    struct turn_begin_reply *begun = read_begun(t);
    must(begun != NULL); /* await_admission has read it */
    bool     is_uncounted = begun->limits_unavailable;
    enum err err = judge(t, begun);

    free(begun);
    if (err)
        return turn_fail(t, err);
    uint64_t wait = is_uncounted ? t->ports->limit_session(t->ports->ctx, &t->params.session) : 0;
    failpoint(FAILPOINT_GATEWAY_JOINED);
    return wait ? turn_fail_limited(t, wait) : TURN_REQUEST_ANSWER;
}

/* ---- the answer ---- */

enum turn_step turn_step_request_answer(struct turn *t)
{
    struct turn_begin_reply *begun = read_begun(t);
    must(begun != NULL);
    enum err err = turn_request_answer(t, begun);

    free(begun);
    buf_fini(&t->slots[TURN_SLOT_BEGIN].body);
    failpoint(FAILPOINT_GATEWAY_ANSWER_REQUESTED);
    return err ? turn_fail(t, err) : TURN_AWAIT_ANSWER;
}

/* A review on the way that fails decides nothing: the one of the whole text does. */
static void check_review(struct turn *t)
{
    struct turn_slot          *s = &t->slots[TURN_SLOT_REVIEW];
    struct filter_review_reply reply;

    if (s->is_open)
        return;
    if (s->body.len && !turn_slot_read(s, filter_review_reply, &reply))
        t->review.is_rejected = !reply.accepted;
    buf_fini(&s->body);
    size_t due = review_schedule_due(buf_view(&t->answer.text), t->review.reviewed);
    if (due && !t->review.is_rejected && turn_request_review(t, due, false) != ERR_OK)
        log_trace(t->log_id, "turn.review_skipped", "bytes=%zu", due);
}

/* Stop: what there is of the answer is kept. */
static enum turn_step stop_here(struct turn *t)
{
    turn_slot_drop(t, TURN_SLOT_ANSWER);
    if (!t->answer.text.len)
        return turn_fail(t, ERR_STOPPED);
    t->outcome.status = TURN_STATUS_STOPPED;
    str_copy(t->answer.finish_reason, sizeof t->answer.finish_reason, STR("stopped"));
    failpoint(FAILPOINT_GATEWAY_STOP_RECEIVED);
    return TURN_REQUEST_REVIEW;
}

enum turn_step turn_step_await_answer(struct turn *t)
{
    struct turn_slot *s = &t->slots[TURN_SLOT_ANSWER];

    check_review(t);
    if (t->review.is_rejected)
        return turn_fail(t, ERR_RETRACTED);
    if (t->lease.is_lost) {
        t->lease.is_held = false; /* another gateway runs this turn now */
        return turn_fail(t, ERR_CONFLICT);
    }
    if (t->is_stopping || s->err == ERR_STOPPED)
        return stop_here(t);
    if (s->is_open)
        return TURN_PARKED;
    if (!s->err && !t->answer.is_full)
        s->err = turn_answer_take_final(t, s);
    if (s->err == ERR_TIMEOUT)
        s->err = ERR_UPSTREAM_TIMEOUT; /* all the time went to the model, or to its queue */
    if (s->err)
        return turn_fail_from(t, s, ERR_WORKER_DOWN);
    failpoint(FAILPOINT_GATEWAY_ANSWER_COMPLETE);
    return TURN_REQUEST_REVIEW;
}

/* ---- the review of the whole text ---- */

enum turn_step turn_step_request_review(struct turn *t)
{
    turn_slot_drop(t, TURN_SLOT_REVIEW); /* of less text than this */
    enum err err =
        turn_request_review(t, t->answer.text.len, t->outcome.status != TURN_STATUS_STOPPED);
    failpoint(FAILPOINT_GATEWAY_REVIEW_REQUESTED);
    return err ? turn_fail(t, err) : TURN_AWAIT_REVIEW;
}

enum turn_step turn_step_await_review(struct turn *t)
{
    struct turn_slot          *s = &t->slots[TURN_SLOT_REVIEW];
    struct filter_review_reply reply;

    if (s->is_open)
        return TURN_PARKED;
    if (turn_slot_read(s, filter_review_reply, &reply))
        return turn_fail_from(t, s, ERR_FILTER_DOWN);
    if (!reply.accepted)
        return turn_fail(t, ERR_RETRACTED);
    failpoint(FAILPOINT_GATEWAY_REVIEW_PASSED);
    return TURN_REQUEST_COMMIT;
}

/* ---- the commit ---- */

static enum turn_step leave_unsaved(struct turn *t)
{
    t->outcome.status = TURN_STATUS_UNSAVED;
    t->lease.is_held = false; /* the store would not take an abort either */
    return TURN_END;
}

enum turn_step turn_step_request_commit(struct turn *t)
{
    if (turn_request_commit(t))
        return leave_unsaved(t);
    failpoint(FAILPOINT_GATEWAY_COMMIT_REQUESTED);
    return TURN_AWAIT_COMMIT;
}

enum turn_step turn_step_await_commit(struct turn *t)
{
    struct turn_slot        *s = &t->slots[TURN_SLOT_END];
    struct turn_commit_reply reply;

    if (s->is_open)
        return TURN_PARKED;
    if (turn_slot_read(s, turn_commit_reply, &reply))
        return err_http(s->err) >= 500 ? leave_unsaved(t) : turn_fail_from(t, s, s->err);
    failpoint(FAILPOINT_GATEWAY_COMMIT_ANSWERED);
    t->lease.is_held = false;
    turn_set_budget(t, reply.has_budget, reply.budget_left);
    if (t->outcome.status != TURN_STATUS_STOPPED)
        t->outcome.status =
            reply.outcome == COMMIT_SPOOLED ? TURN_STATUS_SPOOLED : TURN_STATUS_COMMITTED;
    return TURN_END;
}

/* ---- called by the loop ---- */

void turn_on_wake(struct turn *t)
{
    turn_notify_joined(t);
    run(t);
}

void turn_on_reply(struct turn_slot *s, const struct bus_reply *a)
{
    struct turn *t = s->turn;

    if (!s->is_open || s->id != a->id)
        return;
    turn_notify_joined(t);
    if (a->kind == BUS_REPLY_CHUNK) {
        if (s->kind == TURN_SLOT_ANSWER)
            turn_answer_take_chunk(t, a->body);
    } else {
        turn_slot_close(s, a);
        if (s->kind == TURN_SLOT_RENEW)
            turn_lease_take_renewal(t, s);
    }
    run(t);
}

void turn_on_tick(struct turn *t)
{
    turn_notify_joined(t);
    t->ticks++;
    turn_lease_tick(t);
    turn_notify_tick(t);
    run(t);
}
