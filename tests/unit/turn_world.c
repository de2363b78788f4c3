/* The world of a chat. */
#include <stdio.h>

#include "turn_world.h"

void world_hears(struct listener *l, const struct chat *c, enum chat_event e)
{
    struct ear *ear = (struct ear *)l;
    char       *at = ear->heard + strlen(ear->heard);
    size_t      room = sizeof ear->heard - strlen(ear->heard);
    struct str  news;

    if (chat_event_is_end(e))
        ear->ends++;
    if (room < 300)
        return; /* told enough */
    switch (e) {
    case CHAT_QUEUED:
        snprintf(at, room, "queued(%u) ", c->place);
        break;
    case CHAT_WAITING:
        snprintf(at, room, "waiting(%llu) ", (unsigned long long)c->rest_ms);
        break;
    case CHAT_STARTED:
        snprintf(at, room, "started(%s) ", c->model);
        break;
    case CHAT_DELTA:
        news = chat_news(c, l);
        if (news.len)
            snprintf(at, room, "delta(%.*s) ", (int)(news.len < 200 ? news.len : 200), news.p);
        break;
    case CHAT_QUIET:
        snprintf(at, room, "quiet ");
        break;
    case CHAT_RETRACTED:
        snprintf(at, room, "retracted");
        break;
    case CHAT_ANSWERED:
        snprintf(at, room, "done(%s)", chat_status_name(c));
        break;
    case CHAT_FAILED:
        snprintf(at, room, "error(%s)", err_code(c->err));
        break;
    }
}

static enum err ask(void *ctx, struct chat_slot *slot, enum service to, struct str body,
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
    w->asked[slot->what]++;
    w->commits += number == MSG_TURN_COMMIT_REQUEST;
    w->aborts += number == MSG_TURN_ABORT_REQUEST;
    buf_clear(&w->last[slot->what]);
    buf_str(&w->last[slot->what], body);
    return ERR_OK;
}

static void drop(void *ctx, struct chat_slot *slot)
{
    struct world *w = ctx;
    w->open--;
    w->dropped[slot->what]++;
}

static enum err would_take(void *ctx, enum service to, uint64_t ttl_ms)
{
    struct world *w = ctx;
    (void)to;
    (void)ttl_ms;
    return w->would_take;
}

static void taken(void *ctx, struct chat_slot *slot, uint64_t bytes)
{
    struct world *w = ctx;
    (void)slot;
    w->taken += bytes;
}

static unsigned place(void *ctx, struct chat_slot *slot)
{
    struct world *w = ctx;
    (void)slot;
    return w->place;
}

static uint64_t rest_ms(void *ctx, struct chat_slot *slot)
{
    struct world *w = ctx;
    (void)slot;
    return w->rest_ms;
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

static void on_end(void *ctx, struct chat *c)
{
    struct world *w = ctx;

    w->chat = NULL;
    w->err = c->err;
    w->status = c->status;
    w->retry_after_ms = c->retry_after_ms;
    w->answer_len = c->answer.len;
    snprintf(w->detail, sizeof w->detail, "%.60s", c->detail);
    snprintf(w->finish_reason, sizeof w->finish_reason, "%s", c->finish_reason);
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
    w->ports = (struct chat_ports){.ctx = w,
                                   .ask = ask,
                                   .drop = drop,
                                   .would_take = would_take,
                                   .taken = taken,
                                   .place = place,
                                   .rest_ms = rest_ms,
                                   .limit_address = limit_address,
                                   .limit_session = limit_session,
                                   .now_ms = now,
                                   .on_end = on_end};
    w->ear.listener.hear = world_hears;
}

static void start(struct world *w, struct chat_order o)
{
    o.session = uuid(SESSION);
    o.turn_id = uuid(TURN);
    o.address_hash = "aaaa";
    w->chat = chat_new(&w->ports, &o);
    chat_join(w->chat, &w->ear.listener);
    chat_begin(w->chat);
}

void world_starts(struct world *w)
{
    start(w, (struct chat_order){.text = STR(QUESTION), .window = 20, .total_ms = 180000});
}

void world_follows(struct world *w)
{
    start(w, (struct chat_order){.is_follower = true});
}

void world_passes(struct world *w, unsigned ms)
{
    for (unsigned gone = 0; gone < ms && w->chat; gone += CHAT_TICK_MS) {
        w->now += CHAT_TICK_MS;
        chat_tick(w->chat);
    }
}

void world_close(struct world *w)
{
    assert_null(w->chat);
    assert_int_equal(w->open, 0);
    assert_int_equal(w->ear.ends, 1);
    assert_true(w->commits <= 1 && w->aborts <= 1);
    for (unsigned q = 0; q < CHAT_QUESTIONS; q++)
        buf_fini(&w->last[q]);
}

bool is_open(const struct world *w, enum chat_question q)
{
    return w->chat && w->chat->slots[q].is_open;
}

void world_answers(struct world *w, enum chat_question q, struct bus_reply a)
{
    char *block = NULL;

    assert_true(is_open(w, q));
    a.id = w->chat->slots[q].id;
    if (a.body.len) {
        block = malloc(a.body.len);
        memcpy(block, a.body.p, a.body.len);
        a.body.p = block;
    }
    if (a.kind != BUS_REPLY_CHUNK)
        w->open--;
    chat_hear(&w->chat->slots[q], &a);
    free(block);
}

void world_errs(struct world *w, enum chat_question q, enum err err)
{
    world_answers(
        w, q,
        (struct bus_reply){
            .kind = BUS_REPLY_ERROR, .err = err, .retry_after_ms = 1500, .detail = STR("said so")});
}

void limit_says(struct world *w)
{
    SAYS(w, CHAT_Q_LIMIT, limit_take_reply, .allowed = 1);
}

void filter_says(struct world *w, uint64_t verdict)
{
    SAYS(w, CHAT_Q_FILTER, filter_check_reply, .verdict = verdict, .reason = STR("test"));
}

void begin_grants(struct world *w)
{
    SAYS(w, CHAT_Q_BEGIN, turn_begin_reply, .conversation = STR(CONVERSATION), .epoch = 7, .seq = 3,
         .model = STR("chosen/model"));
}

void worker_pieces(struct world *w, const char *text)
{
    struct llm_chunk m = {.text = str_of(text), .model = STR("test/model")};
    struct buf       body = {0};

    llm_chunk_encode(&m, &body);
    world_answers(w, CHAT_Q_ANSWER,
                  (struct bus_reply){.kind = BUS_REPLY_CHUNK, .body = buf_view(&body)});
    buf_fini(&body);
}

void worker_ends(struct world *w)
{
    SAYS(w, CHAT_Q_ANSWER, llm_answer_reply, .model = STR("test/model"),
         .finish_reason = STR("stop"), .prompt_tokens = 5, .completion_tokens = 2, .cost = 0.25);
}

void review_says(struct world *w, uint64_t fit)
{
    SAYS(w, CHAT_Q_REVIEW, filter_review_reply, .accepted = fit);
}

void commit_says(struct world *w, uint64_t outcome)
{
    SAYS(w, CHAT_Q_END, turn_commit_reply, .outcome = outcome);
}

void follow_says(struct world *w, enum follow_outcome outcome, const char *text)
{
    SAYS(w, CHAT_Q_FOLLOW, turn_follow_reply, .outcome = outcome, .conversation = STR(CONVERSATION),
         .question = STR(QUESTION), .model = STR("there/model"), .text = str_of(text),
         .status = STR("committed"), .code = STR("worker_down"));
}

void abort_is_done(struct world *w)
{
    assert_int_equal(w->aborts, 1);
    SAYS(w, CHAT_Q_END, done_reply, .none = 0);
}

void world_walks_to(struct world *w, enum chat_question q)
{
    world_starts(w);
    if (q == CHAT_Q_LIMIT)
        return;
    limit_says(w);
    if (q == CHAT_Q_FILTER || q == CHAT_Q_BEGIN)
        return;
    if (q == CHAT_Q_FOLLOW) {
        SAYS(w, CHAT_Q_BEGIN, turn_begin_reply, .outcome = BEGIN_FOLLOW,
             .conversation = STR(CONVERSATION));
        return;
    }
    filter_says(w, VERDICT_ON);
    begin_grants(w);
    if (q == CHAT_Q_ANSWER)
        return;
    if (q == CHAT_Q_RENEW) {
        world_passes(w, 500);
        return;
    }
    worker_pieces(w, "Check ");
    worker_pieces(w, "the pads.");
    worker_ends(w);
    if (q == CHAT_Q_REVIEW)
        return;
    review_says(w, 1);
}

void world_finishes(struct world *w)
{
    while (w->chat) {
        if (is_open(w, CHAT_Q_LIMIT))
            limit_says(w);
        else if (is_open(w, CHAT_Q_FILTER))
            filter_says(w, VERDICT_ON);
        else if (is_open(w, CHAT_Q_BEGIN))
            begin_grants(w);
        else if (is_open(w, CHAT_Q_ANSWER)) {
            worker_pieces(w, "Check the pads.");
            worker_ends(w);
        } else if (is_open(w, CHAT_Q_REVIEW))
            review_says(w, 1);
        else if (is_open(w, CHAT_Q_FOLLOW))
            follow_says(w, FOLLOW_KEPT, "Check the pads.");
        else if (w->chat->is_following)
            world_passes(w, 200);
        else if (is_open(w, CHAT_Q_END) && w->aborts)
            abort_is_done(w);
        else if (is_open(w, CHAT_Q_END))
            commit_says(w, COMMIT_OK);
        else
            fail_msg("the chat waits for nothing");
    }
}
