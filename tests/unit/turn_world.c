/* The fakes around a turn. */
#include <stdio.h>

#include "turn_world.h"

void world_on_event(struct subscriber *s, const struct turn *t, enum turn_event e)
{
    struct recorder *r = (struct recorder *)s;
    char            *at = r->log + strlen(r->log);
    size_t           room = sizeof r->log - strlen(r->log);
    struct str       text;

    if (turn_event_is_end(e))
        r->ends++;
    if (room < 300)
        return; /* recorded enough */
    switch (e) {
    case TURN_EVENT_QUEUED:
        snprintf(at, room, "queued(%u) ", t->answer.queue_position);
        break;
    case TURN_EVENT_BACKOFF:
        snprintf(at, room, "waiting(%llu) ", (unsigned long long)t->answer.backoff_ms);
        break;
    case TURN_EVENT_STARTED:
        snprintf(at, room, "started(%s) ", t->answer.model);
        break;
    case TURN_EVENT_DELTA:
        text = turn_unsent(t, s);
        if (text.len)
            snprintf(at, room, "delta(%.*s) ", (int)(text.len < 200 ? text.len : 200), text.p);
        break;
    case TURN_EVENT_KEEPALIVE:
        snprintf(at, room, "keepalive ");
        break;
    case TURN_EVENT_RETRACTED:
        snprintf(at, room, "retracted");
        break;
    case TURN_EVENT_ANSWERED:
        snprintf(at, room, "done(%s)", turn_status_name(t));
        break;
    case TURN_EVENT_FAILED:
        snprintf(at, room, "error(%s)", err_code(t->outcome.err));
        break;
    }
}

static enum err send_request(void *ctx, struct turn_slot *slot, enum service to, struct str body,
                             uint64_t ttl_ms, struct str trace)
{
    struct world *w = ctx;
    uint64_t      number = msg_number(body);

    assert_true(ttl_ms > 0);
    assert_int_equal(trace.len, 55);
    if (w->refuse[to])
        return w->refuse[to];
    slot->id = ++w->last_id;
    w->open++;
    w->sent[slot->kind]++;
    w->commits += number == MSG_TURN_COMMIT_REQUEST;
    w->aborts += number == MSG_TURN_ABORT_REQUEST;
    buf_clear(&w->last[slot->kind]);
    buf_str(&w->last[slot->kind], body);
    return ERR_OK;
}

static void cancel(void *ctx, struct turn_slot *slot)
{
    struct world *w = ctx;
    w->open--;
    w->dropped[slot->kind]++;
}

static enum err would_accept(void *ctx, enum service to, uint64_t ttl_ms)
{
    struct world *w = ctx;
    (void)to;
    (void)ttl_ms;
    return w->would_accept;
}

static void credit(void *ctx, struct turn_slot *slot, uint64_t bytes)
{
    struct world *w = ctx;
    (void)slot;
    w->credit += bytes;
}

static unsigned queue_position(void *ctx, struct turn_slot *slot)
{
    struct world *w = ctx;
    (void)slot;
    return w->queue_position;
}

static uint64_t retry_in_ms(void *ctx, struct turn_slot *slot)
{
    struct world *w = ctx;
    (void)slot;
    return w->backoff_ms;
}

static uint64_t limit_address(void *ctx, const char *address_hash)
{
    struct world *w = ctx;
    (void)address_hash;
    return w->own_limit;
}

static uint64_t limit_session(void *ctx, const struct uuid *session)
{
    struct world *w = ctx;
    (void)session;
    return w->own_limit;
}

static uint64_t now(void *ctx)
{
    struct world *w = ctx;
    return w->now;
}

static void wake(void *ctx, struct turn *t)
{
    struct world *w = ctx;

    assert_true(!w->turn || w->turn == t);
    w->is_woken = true;
}

/* What the loop does before it waits again. */
static void run_deferred(struct world *w)
{
    while (w->turn && w->is_woken) {
        w->is_woken = false;
        turn_on_wake(w->turn);
    }
}

static void on_end(void *ctx, struct turn *t)
{
    struct world *w = ctx;

    w->turn = NULL;
    w->err = t->outcome.err;
    w->status = t->outcome.status;
    w->retry_after_ms = t->outcome.retry_after_ms;
    w->answer_len = t->answer.text.len;
    snprintf(w->detail, sizeof w->detail, "%.60s", t->outcome.detail);
    snprintf(w->finish_reason, sizeof w->finish_reason, "%s", t->answer.finish_reason);
}

static struct uuid uuid(const char *text)
{
    struct uuid id;
    assert_true(uuid_parse(&id, str_of(text)));
    return id;
}

void world_open(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->ports = (struct turn_ports){.ctx = w,
                                   .send = send_request,
                                   .cancel = cancel,
                                   .would_accept = would_accept,
                                   .credit = credit,
                                   .queue_position = queue_position,
                                   .retry_in_ms = retry_in_ms,
                                   .limit_address = limit_address,
                                   .limit_session = limit_session,
                                   .now_ms = now,
                                   .wake = wake,
                                   .on_end = on_end};
    w->recorder.subscriber.on_event = world_on_event;
}

static void start(struct world *w, struct turn_params p)
{
    p.session = uuid(SESSION);
    p.turn_id = uuid(TURN);
    str_format(p.address_hash, sizeof p.address_hash, "aaaa");
    w->turn = turn_new(&w->ports, &p);
    turn_join(w->turn, &w->recorder.subscriber);
    turn_start(w->turn);
    assert_int_equal(w->open, 0); /* the first step is the loop's */
    run_deferred(w);
}

void world_starts(struct world *w)
{
    start(w, (struct turn_params){
                 .text = str_dup(STR(QUESTION)), .history_max = 20, .answer_ms = 180000});
}

void world_follows(struct world *w)
{
    start(w, (struct turn_params){.is_follower = true});
}

void world_joins(struct world *w, struct subscriber *s)
{
    turn_join(w->turn, s);
    run_deferred(w);
}

void world_stops(struct world *w)
{
    turn_stop(w->turn);
    run_deferred(w);
}

void world_passes(struct world *w, unsigned ms)
{
    for (unsigned gone = 0; gone < ms && w->turn; gone += TURN_TICK_MS) {
        w->now += TURN_TICK_MS;
        turn_on_tick(w->turn);
    }
}

void world_close(struct world *w)
{
    assert_null(w->turn);
    assert_int_equal(w->open, 0);
    assert_int_equal(w->recorder.ends, 1);
    assert_true(w->commits <= 1 && w->aborts <= 1);
    for (unsigned q = 0; q < TURN_SLOTS; q++)
        buf_fini(&w->last[q]);
}

bool is_open(const struct world *w, enum turn_slot_kind q)
{
    return w->turn && w->turn->slots[q].is_open;
}

void world_answers(struct world *w, enum turn_slot_kind q, struct bus_reply a)
{
    char *block = NULL;

    assert_true(is_open(w, q));
    a.id = w->turn->slots[q].id;
    if (a.body.len) {
        block = malloc(a.body.len);
        memcpy(block, a.body.p, a.body.len);
        a.body.p = block;
    }
    if (a.kind != BUS_REPLY_CHUNK)
        w->open--;
    turn_on_reply(&w->turn->slots[q], &a);
    free(block);
}

void world_errs(struct world *w, enum turn_slot_kind q, enum err err)
{
    world_answers(
        w, q,
        (struct bus_reply){
            .kind = BUS_REPLY_ERROR, .err = err, .retry_after_ms = 1500, .detail = STR("said so")});
}

void limit_replies(struct world *w)
{
    REPLIES(w, TURN_SLOT_LIMIT, limit_take_reply, .allowed = 1);
}

void filter_replies(struct world *w, uint64_t verdict)
{
    REPLIES(w, TURN_SLOT_FILTER, filter_check_reply, .verdict = verdict, .reason = STR("test"));
}

void begin_grants(struct world *w)
{
    REPLIES(w, TURN_SLOT_BEGIN, turn_begin_reply, .conversation = STR(CONVERSATION), .epoch = 7,
            .seq = 3, .model = STR("chosen/model"));
}

void worker_sends(struct world *w, const char *text)
{
    struct llm_chunk m = {.text = str_of(text), .model = STR("test/model")};
    struct buf       body = {0};

    llm_chunk_encode(&m, &body);
    world_answers(w, TURN_SLOT_ANSWER,
                  (struct bus_reply){.kind = BUS_REPLY_CHUNK, .body = buf_view(&body)});
    buf_fini(&body);
}

void worker_ends(struct world *w)
{
    REPLIES(w, TURN_SLOT_ANSWER, llm_answer_reply, .model = STR("test/model"),
            .finish_reason = STR("stop"), .prompt_tokens = 5, .completion_tokens = 2, .cost = 0.25);
}

void review_replies(struct world *w, uint64_t fit)
{
    REPLIES(w, TURN_SLOT_REVIEW, filter_review_reply, .accepted = fit);
}

void commit_replies(struct world *w, uint64_t outcome)
{
    REPLIES(w, TURN_SLOT_END, turn_commit_reply, .outcome = outcome);
}

void follow_replies(struct world *w, enum follow_outcome outcome, const char *text)
{
    REPLIES(w, TURN_SLOT_FOLLOW, turn_follow_reply, .outcome = outcome,
            .conversation = STR(CONVERSATION), .question = STR(QUESTION),
            .model = STR("there/model"), .text = str_of(text), .status = STR("committed"),
            .code = STR("worker_down"));
}

void abort_is_done(struct world *w)
{
    assert_int_equal(w->aborts, 1);
    REPLIES(w, TURN_SLOT_END, done_reply, .none = 0);
}

void world_runs_to(struct world *w, enum turn_slot_kind q)
{
    world_starts(w);
    if (q == TURN_SLOT_LIMIT)
        return;
    limit_replies(w);
    if (q == TURN_SLOT_FILTER || q == TURN_SLOT_BEGIN)
        return;
    if (q == TURN_SLOT_FOLLOW) {
        REPLIES(w, TURN_SLOT_BEGIN, turn_begin_reply, .outcome = BEGIN_FOLLOW,
                .conversation = STR(CONVERSATION));
        return;
    }
    filter_replies(w, VERDICT_ON);
    begin_grants(w);
    if (q == TURN_SLOT_ANSWER)
        return;
    if (q == TURN_SLOT_RENEW) {
        world_passes(w, 500);
        return;
    }
    worker_sends(w, "Check ");
    worker_sends(w, "the pads.");
    worker_ends(w);
    if (q == TURN_SLOT_REVIEW)
        return;
    review_replies(w, 1);
}

void world_finishes(struct world *w)
{
    while (w->turn) {
        if (is_open(w, TURN_SLOT_LIMIT))
            limit_replies(w);
        else if (is_open(w, TURN_SLOT_FILTER))
            filter_replies(w, VERDICT_ON);
        else if (is_open(w, TURN_SLOT_BEGIN))
            begin_grants(w);
        else if (is_open(w, TURN_SLOT_ANSWER)) {
            worker_sends(w, "Check the pads.");
            worker_ends(w);
        } else if (is_open(w, TURN_SLOT_REVIEW))
            review_replies(w, 1);
        else if (is_open(w, TURN_SLOT_FOLLOW))
            follow_replies(w, FOLLOW_KEPT, "Check the pads.");
        else if (w->turn->follow.is_active)
            world_passes(w, 200);
        else if (is_open(w, TURN_SLOT_END) && w->aborts)
            abort_is_done(w);
        else if (is_open(w, TURN_SLOT_END))
            commit_replies(w, COMMIT_OK);
        else
            fail_msg("the turn waits for nothing");
    }
}
