/* The walk of a turn.
 *
 *   ask_limit       may this address go on?
 *   take_limit
 *   ask_both        does the message belong here, and may the turn begin?
 *   take_both
 *   join            both said yes                       the same turn before:
 *      │  └────────────────────────────────────────────► replay
 *      │                                                 ask_follow ◄─► take_follow
 *   ask_answer      the model is asked
 *   take_pieces     its words go to the audience, a look at them now and then
 *   ask_review      a last look at the whole
 *   take_review
 *   ask_commit      the turn is kept
 *   take_commit
 *      │   from anywhere above: fail ─► ask_abort, take_abort ─┐
 *   end  ◄─────────────────────────────────────────────────────┘
 *
 * A step returns the next one.  A take_ step that still misses an answer parks
 * and is run again whenever anything wakes the chat, so waking one too often
 * does no harm.  Meanwhile the lease is renewed from grant to end, and what there
 * is of the answer goes to a store, for those who follow it at another gateway.
 *
 * What holds at all times:
 *  1. The audience hears exactly one end, and nothing after it.
 *  2. What was granted is ended once: by a commit or by an abort.
 *  3. Nothing is asked of the model before the filter said that the message
 *     belongs here; the filter being away is not a yes.
 *  4. Nothing is committed that a review of its whole text did not pass.
 *  5. An answer that is there reaches the person, kept or not: when it cannot
 *     be committed it is `unsaved`, not lost.
 *  6. After a failure history is as it was, and the person gets the text back.
 *  7. A question that nobody waits for any more is dropped, so no late or
 *     second answer finds an open slot. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "turn/review_schedule.h"
#include "turn/turn_internal.h"

#define FOLLOW_TICKS 2
#define PLACE_TICKS  10
#define QUIET_TICKS  150
#define SPARE_MS     60000 /* around the answer itself of a turn that another gateway walks */
#define PATIENCE_MS  15000 /* without a word about it */

#define STEP(NAME, fn) static enum chat_step fn(struct chat *c);
#include "turn/turn.def"

static const struct {
    const char *name;
    enum chat_step (*run)(struct chat *c);
} steps[] = {
#define STEP(NAME, fn) {#fn, fn},
#include "turn/turn.def"
};

/* The only loop, the only trace of steps, the only free. */
static void run(struct chat *c)
{
    enum chat_step next = c->step;

    while (next != CHAT_PARKED && next != CHAT_DONE) {
        c->step = next;
        log_trace(c->log_id, "chat.step", "step=%s", steps[next].name);
        next = steps[next].run(c);
    }
    if (next == CHAT_DONE)
        chat_free(&c);
}

/* ---- failing ---- */

static enum chat_step fail(struct chat *c, enum err err)
{
    c->err = err;
    chat_drop(c, CHAT_Q_FILTER);
    chat_drop(c, CHAT_Q_BEGIN);
    chat_drop(c, CHAT_Q_ANSWER);
    chat_drop(c, CHAT_Q_REVIEW);
    return c->is_granted ? CHAT_ASK_ABORT : CHAT_END;
}

/* Services say that they are away, or nothing at all; the person is told which one it is. */
static enum err name_missing(enum err err, enum err down)
{
    return err == ERR_TIMEOUT || err == ERR_DOWN || err == ERR_BAD_FRAME ? down : err;
}

static enum chat_step fail_by(struct chat *c, const struct chat_slot *s, enum err down)
{
    c->is_retryable = s->is_retryable;
    c->retry_after_ms = s->retry_after_ms;
    memcpy(c->detail, s->detail, sizeof c->detail);
    return fail(c, name_missing(s->err, down));
}

static enum chat_step fail_limited(struct chat *c, uint64_t retry_after_ms)
{
    c->is_retryable = true;
    c->retry_after_ms = retry_after_ms;
    return fail(c, ERR_LIMITED);
}

/* A store that cannot tell just now says nothing of it: what was said before stands. */
static void note_budget(struct chat *c, uint64_t has_budget, double left)
{
    if (!has_budget)
        return;
    c->has_budget = true;
    c->budget_left = left;
}

/* ---- may this address go on? ---- */

/* Overload is said here, before anything is spent. */
static enum chat_step ask_limit(struct chat *c)
{
    enum err err = c->ports->would_take(c->ports->ctx, SERVICE_LLM_WORKER, c->total_ms);
    if (err)
        return fail(c, err);
    err = chat_ask_limit(c);
    return err ? fail(c, err) : CHAT_TAKE_LIMIT;
}

static enum chat_step take_limit(struct chat *c)
{
    struct chat_slot       *s = &c->slots[CHAT_Q_LIMIT];
    struct limit_take_reply say;
    uint64_t                wait = 0;

    if (s->is_open)
        return CHAT_PARKED;
    if (!s->err)
        s->err = limit_take_reply_decode(&say, buf_view(&s->body));
    if (s->err)
        return fail_by(c, s, ERR_STORE_DOWN);
    if (c->is_stopping)
        return fail(c, ERR_STOPPED);
    if (!say.allowed)
        return fail_limited(c, say.retry_after_ms);
    if (say.limits_unavailable)
        wait = c->ports->limit_address(c->ports->ctx, c->address_hash);
    failpoint(FAILPOINT_GATEWAY_LIMIT_PASSED);
    return wait ? fail_limited(c, wait) : CHAT_ASK_BOTH;
}

/* ---- does it belong here, and may it begin? ---- */

static enum chat_step ask_both(struct chat *c)
{
    enum err err = chat_ask_filter(c);
    if (err)
        return fail(c, err); /* before the store promised anything */
    err = chat_ask_begin(c);
    failpoint(FAILPOINT_GATEWAY_BOTH_REQUESTED);
    return err ? fail(c, err) : CHAT_TAKE_BOTH;
}

/* What the store said to turn.begin; free() it.  NULL: it did not, or nonsense. */
static struct turn_begin_reply *read_begun(struct chat *c)
{
    struct chat_slot        *s = &c->slots[CHAT_Q_BEGIN];
    struct turn_begin_reply *say = mem_new(sizeof *say);

    if (!s->err)
        s->err = turn_begin_reply_decode(say, buf_view(&s->body));
    if (s->err) {
        free(say);
        say = NULL;
    }
    return say;
}

static enum chat_step take_both(struct chat *c)
{
    if (chat_is_open(c, CHAT_Q_BEGIN))
        return CHAT_PARKED;
    struct turn_begin_reply *begun = read_begun(c);
    if (!begun)
        return fail_by(c, &c->slots[CHAT_Q_BEGIN], ERR_STORE_DOWN);

    bool is_replay = begun->outcome == BEGIN_REPLAY,
         runs_elsewhere = begun->outcome == BEGIN_FOLLOW;
    if (begun->outcome == BEGIN_GRANTED && !c->is_granted) {
        c->is_granted = true;
        c->epoch = begun->epoch;
        c->seq = begun->seq;
        failpoint(FAILPOINT_GATEWAY_GRANTED);
    }
    note_budget(c, begun->has_budget, begun->budget_left);
    if (!uuid_parse(&c->conversation, begun->conversation))
        c->conversation = (struct uuid){{0}};
    free(begun);
    c->is_following = runs_elsewhere;
    if (is_replay || runs_elsewhere) {
        chat_drop(c, CHAT_Q_FILTER); /* it was passed when it was first said */
        return is_replay ? CHAT_REPLAY : CHAT_ASK_FOLLOW;
    }
    if (c->is_stopping && c->is_granted)
        return fail(c, ERR_STOPPED);
    return chat_is_open(c, CHAT_Q_FILTER) ? CHAT_PARKED : CHAT_JOIN;
}

/* Off topic stays out; what depends on the talk passes where the talk is about cars. */
static enum err judge(struct chat *c, const struct turn_begin_reply *begun)
{
    struct chat_slot         *s = &c->slots[CHAT_Q_FILTER];
    struct filter_check_reply say;

    if (!s->err)
        s->err = filter_check_reply_decode(&say, buf_view(&s->body));
    if (s->err)
        return s->err == ERR_OVERLOADED ? ERR_OVERLOADED : ERR_FILTER_DOWN;
    c->verdict = say.verdict;
    chat_keep(c->reason, sizeof c->reason, say.reason);
    bool passes = say.verdict == VERDICT_ON ||
                  (say.verdict == VERDICT_DEPENDS && (begun->on_topic || say.greeting));
    return passes ? ERR_OK : ERR_OFF_TOPIC;
}

static enum chat_step join(struct chat *c)
{
    struct turn_begin_reply *begun = read_begun(c);
    must(begun != NULL); /* take_both has read it */
    bool     is_uncounted = begun->limits_unavailable;
    enum err err = judge(c, begun);

    free(begun);
    if (err)
        return fail(c, err);
    uint64_t wait = is_uncounted ? c->ports->limit_session(c->ports->ctx, &c->session) : 0;
    failpoint(FAILPOINT_GATEWAY_JOINED);
    return wait ? fail_limited(c, wait) : CHAT_ASK_ANSWER;
}

/* ---- the answer ---- */

static enum chat_step ask_answer(struct chat *c)
{
    struct turn_begin_reply *begun = read_begun(c);
    must(begun != NULL);
    enum err err = chat_ask_answer(c, begun);

    free(begun);
    buf_fini(&c->slots[CHAT_Q_BEGIN].body);
    failpoint(FAILPOINT_GATEWAY_ANSWER_REQUESTED);
    return err ? fail(c, err) : CHAT_TAKE_PIECES;
}

/* A mid-way look that fails decides nothing: the last one does. */
static void look_again(struct chat *c)
{
    struct chat_slot          *s = &c->slots[CHAT_Q_REVIEW];
    struct filter_review_reply say;

    if (s->is_open)
        return;
    if (s->body.len && filter_review_reply_decode(&say, buf_view(&s->body)) == ERR_OK)
        c->is_unfit = !say.accepted;
    buf_fini(&s->body);
    size_t due = look_due(buf_view(&c->answer), c->reviewed);
    if (due && !c->is_unfit && chat_ask_review(c, due, false) != ERR_OK)
        log_trace(c->log_id, "chat.no_look", "bytes=%zu", due);
}

/* The person's Stop: what there is of the answer is kept. */
static enum chat_step stop_here(struct chat *c)
{
    chat_drop(c, CHAT_Q_ANSWER);
    if (!c->answer.len)
        return fail(c, ERR_STOPPED);
    c->status = CHAT_STOPPED;
    str_format(c->finish_reason, sizeof c->finish_reason, "stopped");
    failpoint(FAILPOINT_GATEWAY_STOP_RECEIVED);
    return CHAT_ASK_REVIEW;
}

static enum chat_step take_pieces(struct chat *c)
{
    struct chat_slot *s = &c->slots[CHAT_Q_ANSWER];

    look_again(c);
    if (c->is_unfit)
        return fail(c, ERR_RETRACTED);
    if (c->is_lost) {
        c->is_granted = false; /* another gateway walks this turn now */
        return fail(c, ERR_CONFLICT);
    }
    if (c->is_stopping || s->err == ERR_STOPPED)
        return stop_here(c);
    if (s->is_open)
        return CHAT_PARKED;
    if (!s->err && !c->is_full)
        s->err = chat_take_last(c, buf_view(&s->body));
    if (s->err == ERR_TIMEOUT)
        s->err = ERR_UPSTREAM_TIMEOUT; /* all its time went to the model, or to waiting for it */
    if (s->err)
        return fail_by(c, s, ERR_WORKER_DOWN);
    failpoint(FAILPOINT_GATEWAY_ANSWER_COMPLETE);
    return CHAT_ASK_REVIEW;
}

/* ---- the last look ---- */

static enum chat_step ask_review(struct chat *c)
{
    chat_drop(c, CHAT_Q_REVIEW); /* a look at less than this */
    enum err err = chat_ask_review(c, c->answer.len, c->status != CHAT_STOPPED);
    failpoint(FAILPOINT_GATEWAY_REVIEW_REQUESTED);
    return err ? fail(c, err) : CHAT_TAKE_REVIEW;
}

static enum chat_step take_review(struct chat *c)
{
    struct chat_slot          *s = &c->slots[CHAT_Q_REVIEW];
    struct filter_review_reply say;

    if (s->is_open)
        return CHAT_PARKED;
    if (!s->err)
        s->err = filter_review_reply_decode(&say, buf_view(&s->body));
    if (s->err)
        return fail_by(c, s, ERR_FILTER_DOWN);
    if (!say.accepted)
        return fail(c, ERR_RETRACTED);
    failpoint(FAILPOINT_GATEWAY_REVIEW_PASSED);
    return CHAT_ASK_COMMIT;
}

/* ---- keeping it ---- */

static enum chat_step leave_unsaved(struct chat *c)
{
    c->status = CHAT_UNSAVED;
    c->is_granted = false; /* whoever would take an abort is away */
    return CHAT_END;
}

static enum chat_step ask_commit(struct chat *c)
{
    if (chat_ask_commit(c))
        return leave_unsaved(c);
    failpoint(FAILPOINT_GATEWAY_COMMIT_REQUESTED);
    return CHAT_TAKE_COMMIT;
}

static enum chat_step take_commit(struct chat *c)
{
    struct chat_slot        *s = &c->slots[CHAT_Q_END];
    struct turn_commit_reply say;

    if (s->is_open)
        return CHAT_PARKED;
    if (!s->err)
        s->err = turn_commit_reply_decode(&say, buf_view(&s->body));
    if (s->err && err_http(s->err) >= 500)
        return leave_unsaved(c);
    if (s->err)
        return fail_by(c, s, s->err);
    failpoint(FAILPOINT_GATEWAY_COMMIT_ANSWERED);
    c->is_granted = false;
    note_budget(c, say.has_budget, say.budget_left);
    if (c->status != CHAT_STOPPED)
        c->status = say.outcome == COMMIT_SPOOLED ? CHAT_SPOOLED : CHAT_COMMITTED;
    return CHAT_END;
}

/* ---- the same turn before ---- */

static enum chat_status status_of(struct str name)
{
    if (str_is(name, "stopped"))
        return CHAT_STOPPED;
    return str_is(name, "spooled") ? CHAT_SPOOLED : CHAT_COMMITTED;
}

static enum chat_step replay(struct chat *c)
{
    struct turn_begin_reply *begun = read_begun(c);
    must(begun != NULL);

    failpoint(FAILPOINT_GATEWAY_REPLAY_DUE);
    c->status = status_of(begun->status);
    c->seq = begun->seq;
    c->prompt_tokens = begun->prompt_tokens;
    c->completion_tokens = begun->completion_tokens;
    c->cost = begun->cost;
    chat_keep(c->finish_reason, sizeof c->finish_reason, begun->finish_reason);
    chat_set_model(c, begun->model);
    chat_add_text(c, begun->text);
    free(begun);
    return CHAT_END;
}

/* ---- the same turn at another gateway ---- */

/* Asked again and again, as long as anybody listens. */
static enum chat_step ask_follow(struct chat *c)
{
    if (!c->audience.count)
        return CHAT_END;
    if (c->ticks < c->follow_at)
        return CHAT_PARKED;
    if (c->ports->now_ms(c->ports->ctx) - c->since_ms > c->total_ms + SPARE_MS)
        return fail(c, ERR_BUSY);
    c->follow_at = c->ticks + FOLLOW_TICKS;
    c->slots[CHAT_Q_FOLLOW].err = chat_ask_follow(c);
    return CHAT_TAKE_FOLLOW;
}

/* It ended badly, or nobody knows of it.  Nothing was shown yet: then it may begin here. */
static enum chat_step begin_anew(struct chat *c, enum err otherwise)
{
    return c->may_begin && !c->answer.len ? CHAT_ASK_BOTH : fail(c, otherwise);
}

static enum chat_step follow_failed(struct chat *c, const struct chat_slot *s)
{
    uint64_t silence = c->ports->now_ms(c->ports->ctx) - c->followed_ms;

    if (s->err == ERR_NOT_FOUND)
        return begin_anew(c, c->answer.len ? ERR_INTERRUPTED : ERR_NOT_FOUND);
    if (err_http(s->err) >= 500 && silence < PATIENCE_MS)
        return CHAT_ASK_FOLLOW;
    return fail_by(c, s, ERR_STORE_DOWN);
}

static void take_words(struct chat *c, const struct turn_follow_reply *say)
{
    c->followed_ms = c->ports->now_ms(c->ports->ctx);
    if (say->conversation.len && !uuid_parse(&c->conversation, say->conversation))
        c->conversation = (struct uuid){{0}};
    if (!*c->text && say->question.len) {
        free(c->text);
        c->text = str_dup(say->question);
    }
    if (say->text.len || say->outcome == FOLLOW_KEPT)
        chat_set_model(c, say->model);
    chat_add_text(c, say->text);
}

/* Whether this cannot be the rest of what was repeated so far. */
static bool is_anothers(struct chat *c, const struct turn_follow_reply *say)
{
    if (!c->answer.len)
        c->follow_epoch = say->epoch;
    return say->epoch && c->follow_epoch && say->epoch != c->follow_epoch;
}

static enum chat_step end_as_kept(struct chat *c, const struct turn_follow_reply *say)
{
    c->status = status_of(say->status);
    c->seq = say->seq;
    c->prompt_tokens = say->prompt_tokens;
    c->completion_tokens = say->completion_tokens;
    c->cost = say->cost;
    chat_keep(c->finish_reason, sizeof c->finish_reason, say->finish_reason);
    note_budget(c, say->has_budget, say->budget_left);
    return CHAT_END;
}

static enum chat_step take_follow(struct chat *c)
{
    struct chat_slot        *s = &c->slots[CHAT_Q_FOLLOW];
    struct turn_follow_reply say;

    if (s->is_open)
        return CHAT_PARKED;
    if (!s->err)
        s->err = turn_follow_reply_decode(&say, buf_view(&s->body));
    if (s->err)
        return follow_failed(c, s);
    failpoint(FAILPOINT_GATEWAY_FOLLOW_ANSWERED);
    if (is_anothers(c, &say)) /* its owner died, and another one began anew */
        return fail(c, ERR_INTERRUPTED);
    take_words(c, &say);
    if (say.outcome == FOLLOW_KEPT)
        return end_as_kept(c, &say);
    if (say.outcome == FOLLOW_ABORTED)
        return fail(c, err_of_code(say.code));
    if (say.outcome == FOLLOW_INTERRUPTED)
        return begin_anew(c, ERR_INTERRUPTED);
    return CHAT_ASK_FOLLOW;
}

/* ---- giving it up ---- */

static enum chat_step ask_abort(struct chat *c)
{
    failpoint(FAILPOINT_GATEWAY_ABORT_DUE);
    chat_drop(c, CHAT_Q_RENEW);
    c->is_granted = false;
    if (chat_ask_abort(c))
        return CHAT_END;
    failpoint(FAILPOINT_GATEWAY_ABORT_REQUESTED);
    return CHAT_TAKE_ABORT;
}

/* What the store says to it changes nothing: at the latest the lease runs out. */
static enum chat_step take_abort(struct chat *c)
{
    if (chat_is_open(c, CHAT_Q_END))
        return CHAT_PARKED;
    failpoint(FAILPOINT_GATEWAY_ABORT_ANSWERED);
    return CHAT_END;
}

/* ---- the end ---- */

static const char *const status_names[] = {"open", "committed", "spooled", "unsaved", "stopped"};

const char *chat_status_name(const struct chat *c)
{
    return status_names[c->status];
}

/* Whose fault it was that there is no answer.  What is told as 4xx could not have gone well, and
 * is no reason to wake anybody. */
static void count_as(enum err err, enum chat_status status, double by)
{
    if (err)
        metric_add_for(METRIC_TURNS, err_code(err), err_http(err) < 500 ? "client" : "server", by);
    else
        metric_add_for(METRIC_TURNS, status_names[status],
                       status == CHAT_UNSAVED ? "server" : "none", by);
}

void chat_count(void)
{
    for (enum chat_status s = CHAT_COMMITTED; s <= CHAT_STOPPED; s++)
        count_as(ERR_OK, s, 0);
    for (enum err e = ERR_OK + 1; e < ERR_COUNT; e++)
        count_as(e, CHAT_OPEN, 0);
}

static void count_end(const struct chat *c, uint64_t ms)
{
    count_as(c->err, c->status, 1);
    if (!c->err)
        metric_observe(METRIC_TURN_TIME, (double)ms / 1000);
}

static void end_span(struct chat *c)
{
    const char *outcome = c->err ? err_code(c->err) : chat_status_name(c);
    bool is_error = c->err && err_http(c->err) >= 500; /* as OpenTelemetry has it of servers */
    const struct span_field fields[] = {
        FIELD_TEXT("http.request.method", c->may_begin ? "POST" : "GET"),
        FIELD_TEXT("http.route", c->may_begin ? "/chat" : "/chat/events/*"),
        FIELD_TEXT("chat.turn.id", c->turn_id.text),
        FIELD_TEXT("chat.turn.outcome", outcome),
        FIELD_TEXT("chat.turn.model", c->model),
        FIELD_NUMBER("chat.turn.pieces", c->pieces),
    };

    span_end(&c->span, is_error ? outcome : NULL, fields, COUNT_OF(fields));
}

static enum chat_step end(struct chat *c)
{
    uint64_t ms = c->ports->now_ms(c->ports->ctx) - c->since_ms;
    char     trace[TRACEPARENT_LEN + 1];

    trace_write(&c->span.at, trace);

    log_info(c->log_id, "chat.done",
             "code=%s status=%s ms=%llu pieces=%u bytes=%zu model=%s cost=%g doubtful=%d "
             "verdict=%llu reason=%s turn=%s trace=%s",
             err_code(c->err), c->err ? "aborted" : chat_status_name(c), (unsigned long long)ms,
             c->pieces, c->answer.len, log_quote(str_of(c->model)), c->cost, c->is_cost_implausible,
             (unsigned long long)c->verdict, log_quote(str_of(c->reason)), c->turn_id.text, trace);
    end_span(c);
    if (!c->is_following)
        count_end(c, ms);
    audience_tell(&c->audience, c,
                  !c->err                   ? CHAT_ANSWERED
                  : c->err == ERR_RETRACTED ? CHAT_RETRACTED
                                            : CHAT_FAILED);
    failpoint(FAILPOINT_GATEWAY_END_SENT);
    c->ports->on_end(c->ports->ctx, c);
    return CHAT_DONE;
}

/* ---- what wakes it ---- */

void chat_hear(struct chat_slot *s, const struct bus_reply *a)
{
    struct chat *c = s->chat;

    if (!s->is_open || s->id != a->id)
        return;
    if (a->kind == BUS_REPLY_CHUNK) {
        if (s->what == CHAT_Q_ANSWER)
            chat_take_piece(c, a->body);
    } else {
        s->is_open = false;
        s->err = a->kind == BUS_REPLY_ERROR ? (a->err ? a->err : ERR_INTERNAL) : ERR_OK;
        chat_end_span(s, s->err ? err_code(s->err) : NULL);
        s->is_retryable = a->retryable;
        s->retry_after_ms = a->retry_after_ms;
        chat_keep(s->detail, sizeof s->detail, a->detail);
        buf_clear(&s->body);
        buf_str(&s->body, a->body);
        if (s->what == CHAT_Q_RENEW)
            chat_take_renewal(c, s);
    }
    run(c);
}

static void tell_place(struct chat *c)
{
    struct chat_slot *s = &c->slots[CHAT_Q_ANSWER];
    unsigned          place = s->is_open && !c->has_started ? c->ports->place(c->ports->ctx, s) : 0;

    if (place && place != c->place) {
        c->place = place;
        audience_tell(&c->audience, c, CHAT_QUEUED);
    }
}

/* A rest only grows shorter: one that is longer than it was has begun anew. */
static void tell_rest(struct chat *c)
{
    struct chat_slot *s = &c->slots[CHAT_Q_ANSWER];
    uint64_t          before = c->rest_ms;

    c->rest_ms = s->is_open ? c->ports->rest_ms(c->ports->ctx, s) : 0;
    if (c->rest_ms > before)
        audience_tell(&c->audience, c, CHAT_WAITING);
}

void chat_tick(struct chat *c)
{
    c->ticks++;
    chat_keep_lease(c);
    if (c->ticks % PLACE_TICKS == 0)
        tell_place(c);
    tell_rest(c);
    if (c->ticks % QUIET_TICKS == 0)
        audience_tell(&c->audience, c, CHAT_QUIET);
    run(c);
}

void chat_stop(struct chat *c)
{
    c->is_stopping = true;
    run(c);
}

void chat_begin(struct chat *c)
{
    run(c);
}
