/* What a chat promises: the walk of a turn, whatever the services do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "chat.h"
#include "test.h"

#define TURN         "11111111-2222-4333-8444-555555555555"
#define SESSION      "99999999-2222-4333-8444-555555555555"
#define CONVERSATION "c0ffee00-0000-4000-8000-000000000001"
#define QUESTION     "Why do my brakes squeal?"

/* ---- the world: services that say what a test wants, and one who listens ---- */

struct ear {
    struct listener listener;
    char            heard[4096]; /* "started delta(Check ) done" */
    unsigned        ends;
};

struct world {
    struct chat_ports ports;
    struct chat      *chat; /* NULL: it has ended */
    struct ear        ear;
    uint64_t          last_id, now;
    unsigned          open;                  /* questions asked, neither answered nor dropped */
    unsigned          asked[CHAT_QUESTIONS]; /* how often */
    unsigned          commits, aborts, dropped[CHAT_QUESTIONS];
    enum err          refuse[SERVICE_COUNT]; /* what the bus says to the next question */
    enum err          would_take;
    uint64_t          own_limit;
    unsigned          place;
    uint64_t          rest_ms, taken;
    struct buf        last[CHAT_QUESTIONS]; /* the last question of each kind */
    enum err          err;                  /* how it ended */
    enum chat_status  status;
    uint64_t          retry_after_ms;
    char              detail[64], finish_reason[33];
    size_t            answer_len;
};

static void hear(struct listener *l, const struct chat *c, enum chat_event e)
{
    struct ear *ear = (struct ear *)l;
    char       *at = ear->heard + strlen(ear->heard);
    size_t      room = sizeof ear->heard - strlen(ear->heard);

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
        snprintf(at, room, "delta(%.*s) ",
                 (int)(c->answer.len - l->at) < 200 ? (int)(c->answer.len - l->at) : 200,
                 c->answer.p + l->at);
        l->at = c->answer.len;
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
    w->commits += number == MSG_TURN_COMMIT_ASK;
    w->aborts += number == MSG_TURN_ABORT_ASK;
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

static void world_open(struct world *w)
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
    w->ear.listener.hear = hear;
}

static void world_starts(struct world *w)
{
    struct chat_order o = {.session = uuid(SESSION),
                           .turn_id = uuid(TURN),
                           .text = STR(QUESTION),
                           .address_hash = "aaaa",
                           .window = 20,
                           .total_ms = 180000};
    w->chat = chat_new(&w->ports, &o);
    chat_join(w->chat, &w->ear.listener);
    chat_begin(w->chat);
}

/* Every chat must end, say so once, and leave nothing open; what was granted must be ended once. */
static void world_close(struct world *w)
{
    assert_null(w->chat);
    assert_int_equal(w->open, 0);
    assert_int_equal(w->ear.ends, 1);
    assert_true(w->commits <= 1 && w->aborts <= 1);
    for (unsigned q = 0; q < CHAT_QUESTIONS; q++)
        buf_fini(&w->last[q]);
}

static bool is_open(const struct world *w, enum chat_question q)
{
    return w->chat && w->chat->slots[q].is_open;
}

/* The body lies in a block of exactly its size, so that reading behind it is seen. */
static void world_answers(struct world *w, enum chat_question q, struct answer a)
{
    char *block = NULL;

    assert_true(is_open(w, q));
    a.id = w->chat->slots[q].id;
    if (a.body.len) {
        block = malloc(a.body.len);
        memcpy(block, a.body.p, a.body.len);
        a.body.p = block;
    }
    if (a.kind != ANSWER_CHUNK)
        w->open--;
    chat_hear(&w->chat->slots[q], &a);
    free(block);
}

static void world_errs(struct world *w, enum chat_question q, enum err err)
{
    world_answers(
        w, q,
        (struct answer){
            .kind = ANSWER_ERROR, .err = err, .retry_after_ms = 1500, .detail = STR("said so")});
}

#define SAYS(w, q, type, ...)                                                                      \
    do {                                                                                           \
        struct type *m_ = calloc(1, sizeof *m_);                                                   \
        struct buf   b_ = {0};                                                                     \
        *m_ = (struct type){__VA_ARGS__};                                                          \
        type##_encode(m_, &b_);                                                                    \
        free(m_);                                                                                  \
        world_answers((w), (q), (struct answer){.kind = ANSWER_FINAL, .body = buf_view(&b_)});     \
        buf_fini(&b_);                                                                             \
    } while (0)

static void limit_says(struct world *w)
{
    SAYS(w, CHAT_Q_LIMIT, limit_take_say, .allowed = 1);
}

static void filter_says(struct world *w, uint64_t verdict)
{
    SAYS(w, CHAT_Q_FILTER, filter_check_say, .verdict = verdict, .reason = STR("test"));
}

static void begin_grants(struct world *w)
{
    SAYS(w, CHAT_Q_BEGIN, turn_begin_say, .conversation = STR(CONVERSATION), .epoch = 7, .seq = 3,
         .model = STR("chosen/model"));
}

static void worker_pieces(struct world *w, const char *text)
{
    struct llm_piece m = {.text = str_of(text), .model = STR("test/model")};
    struct buf       body = {0};

    llm_piece_encode(&m, &body);
    world_answers(w, CHAT_Q_ANSWER, (struct answer){.kind = ANSWER_CHUNK, .body = buf_view(&body)});
    buf_fini(&body);
}

static void worker_ends(struct world *w)
{
    SAYS(w, CHAT_Q_ANSWER, llm_answer_say, .model = STR("test/model"), .finish_reason = STR("stop"),
         .prompt_tokens = 5, .completion_tokens = 2, .cost = 0.25);
}

static void review_says(struct world *w, uint64_t fit)
{
    SAYS(w, CHAT_Q_REVIEW, filter_review_say, .fit = fit);
}

static void commit_says(struct world *w, uint64_t outcome)
{
    SAYS(w, CHAT_Q_END, turn_commit_say, .outcome = outcome);
}

static void abort_is_done(struct world *w)
{
    assert_int_equal(w->aborts, 1);
    SAYS(w, CHAT_Q_END, done_say, .none = 0);
}

/* A good day up to the moment when q waits for its answer. */
static void world_walks_to(struct world *w, enum chat_question q)
{
    world_starts(w);
    if (q == CHAT_Q_LIMIT)
        return;
    limit_says(w);
    if (q == CHAT_Q_FILTER || q == CHAT_Q_BEGIN)
        return;
    filter_says(w, VERDICT_ON);
    begin_grants(w);
    if (q == CHAT_Q_ANSWER)
        return;
    if (q == CHAT_Q_RENEW) {
        for (unsigned i = 0; i < 3; i++)
            chat_tick(w->chat);
        return;
    }
    worker_pieces(w, "Check ");
    worker_pieces(w, "the pads.");
    worker_ends(w);
    if (q == CHAT_Q_REVIEW)
        return;
    review_says(w, 1);
}

/* Lets a chat that is on its way end well or badly, answering whatever it asks. */
static void world_finishes(struct world *w)
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
        else if (is_open(w, CHAT_Q_END) && w->aborts)
            abort_is_done(w);
        else if (is_open(w, CHAT_Q_END))
            commit_says(w, COMMIT_OK);
        else
            fail_msg("the chat waits for nothing");
    }
}

/* ---- a good day ---- */

static void a_good_day_ends_committed(void **state)
{
    (void)state;
    struct world           w;
    struct turn_commit_ask m;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_END);
    assert_int_equal(turn_commit_ask_decode(&m, buf_view(&w.last[CHAT_Q_END])), ERR_OK);
    assert_true(str_is(m.session, SESSION) && str_is(m.turn_id, TURN));
    assert_true(str_is(m.conversation, CONVERSATION));
    assert_true(str_is(m.user_text, QUESTION) && str_is(m.answer, "Check the pads."));
    assert_true(str_is(m.status, "committed") && str_is(m.model, "test/model"));
    assert_true(m.epoch == 7 && m.seq == 3 && m.verdict == VERDICT_ON && m.completion_tokens == 2);
    commit_says(&w, COMMIT_OK);
    assert_string_equal(w.ear.heard,
                        "started(test/model) delta(Check ) delta(the pads.) done(committed)");
    assert_int_equal(w.aborts, 0);
    world_close(&w);
}

static void filter_and_store_are_asked_at_once(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_FILTER);
    assert_true(is_open(&w, CHAT_Q_FILTER) && is_open(&w, CHAT_Q_BEGIN));
    assert_int_equal(w.asked[CHAT_Q_ANSWER], 0);
    begin_grants(&w);
    assert_int_equal(w.asked[CHAT_Q_ANSWER], 0); /* not before the filter said yes */
    filter_says(&w, VERDICT_ON);
    assert_int_equal(w.asked[CHAT_Q_ANSWER], 1);
    world_finishes(&w);
    world_close(&w);
}

static void the_model_is_asked_with_the_talk_and_the_question(void **state)
{
    (void)state;
    struct world           w;
    struct llm_answer_ask *m = calloc(1, sizeof *m);

    world_open(&w);
    world_walks_to(&w, CHAT_Q_BEGIN);
    filter_says(&w, VERDICT_ON);
    SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .epoch = 1, .seq = 2, .model = STR("chosen/model"),
         .sealed_key = STR("sealed"), .talk_count = 2,
         .talk = {{.by_user = 1, .text = STR("Hi")}, {.by_user = 0, .text = STR("Hello")}});
    assert_int_equal(llm_answer_ask_decode(m, buf_view(&w.last[CHAT_Q_ANSWER])), ERR_OK);
    assert_int_equal(m->talk_count, 3);
    assert_true(str_is(m->talk[0].text, "Hi") && m->talk[0].by_user == 1);
    assert_true(str_is(m->talk[2].text, QUESTION) && m->talk[2].by_user == 1);
    assert_true(str_is(m->model, "chosen/model") && str_is(m->sealed_key, "sealed"));
    assert_int_equal(m->user.len, 32);
    assert_false(str_is(m->user, SESSION)); /* the upstream never sees a session id */
    free(m);
    world_finishes(&w);
    world_close(&w);
}

static void a_talk_that_would_burst_a_frame_loses_its_oldest_part(void **state)
{
    (void)state;
    struct world           w;
    struct llm_answer_ask *m = calloc(1, sizeof *m);
    struct turn_begin_say *begun = calloc(1, sizeof *begun);
    struct buf             body = {0};
    static char            much[60000];

    memset(much, 'x', sizeof much);
    *begun = (struct turn_begin_say){.epoch = 1, .seq = 2, .talk_count = 16};
    for (unsigned i = 0; i < 16; i++)
        begun->talk[i] = (struct said){.by_user = i % 2 == 0, .text = {much, sizeof much}};
    turn_begin_say_encode(begun, &body);
    world_open(&w);
    world_walks_to(&w, CHAT_Q_BEGIN);
    filter_says(&w, VERDICT_ON);
    world_answers(&w, CHAT_Q_BEGIN, (struct answer){.kind = ANSWER_FINAL, .body = buf_view(&body)});
    assert_true(w.last[CHAT_Q_ANSWER].len < BODY_MAX);
    assert_int_equal(llm_answer_ask_decode(m, buf_view(&w.last[CHAT_Q_ANSWER])), ERR_OK);
    assert_int_equal(m->talk_count, 9); /* four whole exchanges and the question */
    assert_true(m->talk[0].by_user == 1);
    free(m);
    free(begun);
    buf_fini(&body);
    world_finishes(&w);
    world_close(&w);
}

static void an_answer_that_was_not_streamed_is_told_too(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    SAYS(&w, CHAT_Q_ANSWER, llm_answer_say, .text = STR("All at once."), .model = STR("m"));
    world_finishes(&w);
    assert_string_equal(w.ear.heard, "started(m) delta(All at once.) done(committed)");
    world_close(&w);
}

static void what_was_taken_is_credited(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check ");
    assert_true(w.taken > strlen("Check "));
    world_finishes(&w);
    world_close(&w);
}

/* ---- what does not belong here ---- */

static void off_topic_is_refused_and_aborted(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_FILTER);
    filter_says(&w, VERDICT_OFF);
    begin_grants(&w);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_OFF_TOPIC);
    assert_int_equal(w.asked[CHAT_Q_ANSWER], 0);
    world_close(&w);
}

static enum err depends(uint64_t on_topic, uint64_t greeting)
{
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_FILTER);
    SAYS(&w, CHAT_Q_FILTER, filter_check_say, .verdict = VERDICT_DEPENDS, .greeting = greeting);
    SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .epoch = 1, .seq = 1, .on_topic = on_topic);
    world_finishes(&w);
    world_close(&w);
    return w.err;
}

static void what_depends_passes_where_the_talk_is_about_cars(void **state)
{
    (void)state;
    assert_int_equal(depends(0, 0), ERR_OFF_TOPIC);
    assert_int_equal(depends(1, 0), ERR_OK);
    assert_int_equal(depends(0, 1), ERR_OK);
}

static void a_filter_that_is_away_is_not_a_yes(void **state)
{
    (void)state;
    static const enum err away[] = {ERR_TIMEOUT, ERR_FILTER_DOWN, ERR_INTERNAL, ERR_DOWN};

    for (unsigned i = 0; i < COUNT_OF(away); i++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, CHAT_Q_FILTER);
        world_errs(&w, CHAT_Q_FILTER, away[i]);
        begin_grants(&w);
        abort_is_done(&w);
        assert_int_equal(w.err, ERR_FILTER_DOWN);
        assert_int_equal(w.asked[CHAT_Q_ANSWER], 0);
        world_close(&w);
    }
}

static void without_a_filter_nothing_is_begun(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_starts(&w);
    w.refuse[SERVICE_FILTER] = ERR_FILTER_DOWN;
    limit_says(&w);
    assert_int_equal(w.err, ERR_FILTER_DOWN);
    assert_int_equal(w.asked[CHAT_Q_BEGIN], 0);
    world_close(&w);
}

static void an_unfit_answer_is_retracted(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_REVIEW);
    review_says(&w, 0);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_RETRACTED);
    assert_int_equal(w.commits, 0);
    assert_non_null(strstr(w.ear.heard, "retracted"));
    world_close(&w);
}

static void an_answer_is_looked_at_while_it_grows(void **state)
{
    (void)state;
    struct world             w;
    struct filter_review_ask m;
    char                     sentence[] = "This is a sentence of forty characters. ";

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    for (unsigned i = 0; i < 5; i++)
        worker_pieces(&w, sentence);
    assert_int_equal(w.asked[CHAT_Q_REVIEW], 0);
    worker_pieces(&w, sentence);
    assert_int_equal(w.asked[CHAT_Q_REVIEW], 1);
    assert_int_equal(filter_review_ask_decode(&m, buf_view(&w.last[CHAT_Q_REVIEW])), ERR_OK);
    assert_int_equal(m.whole, 0);
    review_says(&w, 0);
    assert_int_equal(w.dropped[CHAT_Q_ANSWER], 1); /* the upstream is closed at once */
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_RETRACTED);
    world_close(&w);
}

static void a_look_that_fails_on_the_way_decides_nothing(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    for (unsigned i = 0; i < 6; i++)
        worker_pieces(&w, "This is a sentence of forty characters. ");
    world_errs(&w, CHAT_Q_REVIEW, ERR_TIMEOUT);
    world_finishes(&w);
    assert_int_equal(w.err, ERR_OK);
    world_close(&w);
}

static void without_a_last_look_nothing_is_kept(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_REVIEW);
    world_errs(&w, CHAT_Q_REVIEW, ERR_TIMEOUT);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_FILTER_DOWN);
    assert_int_equal(w.commits, 0);
    world_close(&w);
}

/* ---- who may not ---- */

static void overload_is_said_before_anything_is_asked(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    w.would_take = ERR_OVERLOADED;
    world_starts(&w);
    assert_int_equal(w.err, ERR_OVERLOADED);
    assert_int_equal(w.last_id, 0);
    world_close(&w);
}

static void limits_are_told_with_their_time(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_starts(&w);
    SAYS(&w, CHAT_Q_LIMIT, limit_take_say, .allowed = 0, .retry_after_ms = 9000);
    assert_int_equal(w.err, ERR_LIMITED);
    assert_int_equal(w.retry_after_ms, 9000);
    world_close(&w);
}

static void the_gateway_counts_itself_when_the_store_cannot(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    w.own_limit = 4000;
    world_starts(&w);
    SAYS(&w, CHAT_Q_LIMIT, limit_take_say, .allowed = 1, .unlimited_here = 1);
    assert_int_equal(w.err, ERR_LIMITED);
    assert_int_equal(w.retry_after_ms, 4000);
    world_close(&w);

    world_open(&w);
    w.own_limit = 4000;
    world_walks_to(&w, CHAT_Q_BEGIN);
    filter_says(&w, VERDICT_ON);
    SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .epoch = 1, .seq = 1, .unlimited_here = 1);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_LIMITED);
    world_close(&w);
}

static void what_the_store_refuses_needs_no_abort(void **state)
{
    (void)state;
    static const enum err refusals[] = {ERR_BUSY,      ERR_LIMITED,    ERR_CONFLICT,  ERR_SAME_ID,
                                        ERR_NOT_FOUND, ERR_SIGNED_OUT, ERR_STORE_DOWN};

    for (unsigned i = 0; i < COUNT_OF(refusals); i++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, CHAT_Q_BEGIN);
        world_errs(&w, CHAT_Q_BEGIN, refusals[i]);
        assert_int_equal(w.err, refusals[i]);
        assert_int_equal(w.retry_after_ms, 1500);
        assert_string_equal(w.detail, "said so");
        assert_int_equal(w.aborts, 0);
        world_close(&w);
    }
}

/* ---- the same turn again ---- */

static void a_turn_that_was_kept_is_replayed(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_BEGIN);
    SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .outcome = BEGIN_REPLAY,
         .conversation = STR(CONVERSATION), .model = STR("old/model"), .text = STR("Said before."),
         .status = STR("stopped"), .finish_reason = STR("stop"));
    assert_string_equal(w.ear.heard, "started(old/model) delta(Said before.) done(stopped)");
    assert_int_equal(w.asked[CHAT_Q_ANSWER] + w.asked[CHAT_Q_END], 0);
    world_close(&w);
}

static void a_turn_that_runs_elsewhere_is_waited_for(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_BEGIN);
    filter_says(&w, VERDICT_ON);
    for (unsigned i = 1; i < 4; i++) {
        SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .outcome = BEGIN_FOLLOW,
             .conversation = STR(CONVERSATION));
        assert_int_equal(w.asked[CHAT_Q_BEGIN], i);
        assert_true(w.chat->is_following);
        chat_tick(w.chat);
        assert_int_equal(w.asked[CHAT_Q_BEGIN], i + 1);
    }
    SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .outcome = BEGIN_REPLAY, .text = STR("Done there."),
         .status = STR("committed"));
    assert_string_equal(w.ear.heard, "started() delta(Done there.) done(committed)");
    assert_int_equal(w.asked[CHAT_Q_RENEW], 0);
    world_close(&w);
}

static void who_waits_for_another_gateway_hears_that_it_lives(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_BEGIN);
    filter_says(&w, VERDICT_ON);
    for (unsigned i = 0; i < 30; i++) {
        SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .outcome = BEGIN_FOLLOW);
        chat_tick(w.chat);
    }
    assert_string_equal(w.ear.heard, "quiet quiet ");
    world_finishes(&w);
    world_close(&w);
}

static void a_turn_that_died_elsewhere_is_walked_here(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_BEGIN);
    filter_says(&w, VERDICT_ON);
    SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .outcome = BEGIN_FOLLOW);
    chat_tick(w.chat);
    begin_grants(&w);
    world_finishes(&w);
    assert_int_equal(w.status, CHAT_COMMITTED);
    world_close(&w);
}

static void nobody_waits_for_another_gateway_for_ever(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_BEGIN);
    filter_says(&w, VERDICT_ON);
    SAYS(&w, CHAT_Q_BEGIN, turn_begin_say, .outcome = BEGIN_FOLLOW);
    w.now = 1000 * 1000;
    chat_tick(w.chat);
    assert_int_equal(w.err, ERR_BUSY);
    world_close(&w);
}

/* ---- listeners ---- */

static void a_late_listener_hears_all_from_where_it_was(void **state)
{
    (void)state;
    struct world w;
    struct ear late = {.listener = {.hear = hear}}, middle = {.listener = {.hear = hear, .at = 5}};

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Br\xC3\xBC");
    worker_pieces(&w, "\xC3\xA4ke");
    chat_join(w.chat, &late.listener);
    chat_join(w.chat, &middle.listener); /* byte 5 is inside the second umlaut */
    worker_pieces(&w, "n.");
    world_finishes(&w);
    assert_non_null(
        strstr(late.heard, "started(test/model) delta(Br\xC3\xBC\xC3\xA4ke) delta(n.) "));
    assert_non_null(strstr(middle.heard, "started(test/model) delta(\xC3\xA4ke) delta(n.) "));
    assert_int_equal(late.ends + middle.ends, 2);
    world_close(&w);
}

static void a_turn_goes_on_when_nobody_listens(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    audience_leave(&w.ear.listener);
    world_finishes(&w);
    assert_int_equal(w.status, CHAT_COMMITTED);
    w.ear.ends = 1; /* nobody heard it */
    world_close(&w);
}

static void the_place_in_line_is_told_when_it_changes(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    w.place = 3;
    chat_tick(w.chat);
    chat_tick(w.chat);
    w.place = 1;
    chat_tick(w.chat);
    w.place = 0;
    chat_tick(w.chat);
    assert_string_equal(w.ear.heard, "queued(3) queued(1) ");
    if (is_open(&w, CHAT_Q_RENEW))
        SAYS(&w, CHAT_Q_RENEW, turn_renew_say, .stop = 0);
    world_finishes(&w);
    world_close(&w);
}

static void a_rest_is_told_once_when_it_begins(void **state)
{
    (void)state;
    struct world w;
    struct ear   late = {.listener.hear = hear};

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    for (w.rest_ms = 2500; w.rest_ms; w.rest_ms -= 500)
        chat_tick(w.chat);
    chat_tick(w.chat);
    w.rest_ms = 4000;
    chat_tick(w.chat);
    assert_string_equal(w.ear.heard, "waiting(2500) waiting(4000) ");
    chat_join(w.chat, &late.listener); /* whoever comes in the middle of it is told too */
    assert_string_equal(late.heard, "waiting(4000) ");
    audience_leave(&late.listener);
    if (is_open(&w, CHAT_Q_RENEW))
        SAYS(&w, CHAT_Q_RENEW, turn_renew_say, .stop = 0);
    world_finishes(&w);
    world_close(&w);
}

static void stop_ends_a_rest_at_once(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    w.rest_ms = 90000;
    chat_tick(w.chat);
    chat_stop(w.chat);
    assert_int_equal(w.dropped[CHAT_Q_ANSWER], 1);
    SAYS(&w, CHAT_Q_END, done_say, 0);
    assert_int_equal(w.err, ERR_STOPPED);
    world_close(&w);
}

static void silence_is_broken_by_a_sign_of_life(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    for (unsigned i = 0; i < 30; i++)
        chat_tick(w.chat);
    assert_string_equal(w.ear.heard, "quiet quiet ");
    world_errs(&w, CHAT_Q_RENEW, ERR_TIMEOUT);
    world_finishes(&w);
    world_close(&w);
}

/* ---- stopping ---- */

static void stop_keeps_what_there_is(void **state)
{
    (void)state;
    struct world           w;
    struct turn_commit_ask m;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check the");
    chat_stop(w.chat);
    assert_int_equal(w.dropped[CHAT_Q_ANSWER], 1);
    review_says(&w, 1); /* what is kept was looked at, however short */
    assert_int_equal(turn_commit_ask_decode(&m, buf_view(&w.last[CHAT_Q_END])), ERR_OK);
    assert_true(str_is(m.status, "stopped") && str_is(m.answer, "Check the"));
    commit_says(&w, COMMIT_OK);
    assert_int_equal(w.status, CHAT_STOPPED);
    assert_string_equal(w.ear.heard, "started(test/model) delta(Check the) done(stopped)");
    world_close(&w);
}

static void stop_before_the_first_word_gives_the_text_back(void **state)
{
    (void)state;
    static const enum chat_question when[] = {CHAT_Q_LIMIT, CHAT_Q_BEGIN, CHAT_Q_ANSWER};

    for (unsigned i = 0; i < COUNT_OF(when); i++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, when[i]);
        chat_stop(w.chat);
        world_finishes(&w);
        assert_int_equal(w.err, ERR_STOPPED);
        assert_int_equal(w.commits, 0);
        world_close(&w);
    }
}

static void a_stop_at_the_worker_is_a_stop(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check");
    world_errs(&w, CHAT_Q_ANSWER, ERR_STOPPED);
    world_finishes(&w);
    assert_int_equal(w.status, CHAT_STOPPED);
    world_close(&w);
}

static void the_lease_is_renewed_and_tells_of_a_stop(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_RENEW);
    assert_int_equal(w.asked[CHAT_Q_RENEW], 1);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_say, .stop = 0);
    for (unsigned i = 0; i < 3; i++)
        chat_tick(w.chat);
    assert_int_equal(w.asked[CHAT_Q_RENEW], 2);
    worker_pieces(&w, "Check");
    SAYS(&w, CHAT_Q_RENEW, turn_renew_say, .stop = 1);
    world_finishes(&w);
    assert_int_equal(w.status, CHAT_STOPPED);
    world_close(&w);
}

static void a_lost_lease_ends_without_commit_or_abort(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_RENEW);
    SAYS(&w, CHAT_Q_RENEW, turn_renew_say, .lost = 1);
    assert_int_equal(w.err, ERR_CONFLICT);
    assert_int_equal(w.dropped[CHAT_Q_ANSWER], 1);
    assert_int_equal(w.commits + w.aborts, 0);
    world_close(&w);
}

/* ---- the model fails ---- */

static void a_failing_model_leaves_history_as_it_was(void **state)
{
    (void)state;
    static const enum err errs[] = {ERR_UPSTREAM_ERROR, ERR_UPSTREAM_CUT, ERR_UPSTREAM_LIMITED,
                                    ERR_UPSTREAM_KEY,   ERR_WORKER_DOWN,  ERR_OVERLOADED};

    for (unsigned i = 0; i < 2 * COUNT_OF(errs); i++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, CHAT_Q_ANSWER);
        if (i % 2)
            worker_pieces(&w, "Half an ans");
        world_errs(&w, CHAT_Q_ANSWER, errs[i / 2]);
        abort_is_done(&w);
        assert_int_equal(w.err, errs[i / 2]);
        assert_string_equal(w.detail, "said so");
        assert_int_equal(w.commits, 0);
        world_close(&w);
    }
}

static void an_answer_without_a_word_is_an_error(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_ends(&w);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_UPSTREAM_ERROR);
    world_close(&w);
}

static void an_answer_without_an_end_is_cut_where_it_is_full(void **state)
{
    (void)state;
    struct world w;
    static char  much[16001];

    memset(much, 'x', sizeof much - 1);
    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    for (unsigned i = 0; i < 4; i++)
        worker_pieces(&w, much);
    worker_pieces(&w, much);
    assert_false(is_open(&w, CHAT_Q_ANSWER));
    world_finishes(&w);
    assert_int_equal(w.answer_len, CHAT_ANSWER_MAX);
    assert_string_equal(w.finish_reason, "length");
    assert_int_equal(w.status, CHAT_COMMITTED);
    world_close(&w);
}

/* ---- money ---- */

static bool abort_says_spent(const struct world *w)
{
    struct turn_abort_ask m;
    assert_int_equal(turn_abort_ask_decode(&m, buf_view(&w->last[CHAT_Q_END])), ERR_OK);
    return m.spent;
}

static void an_abort_tells_whether_it_may_have_cost_something(void **state)
{
    (void)state;
    static const struct {
        bool     spoke;
        enum err err;
        bool     spent;
    } cases[] = {
        {true, ERR_UPSTREAM_ERROR, true}, {false, ERR_UPSTREAM_ERROR, false},
        {false, ERR_UPSTREAM_CUT, true},  {false, ERR_TIMEOUT, true},
        {false, ERR_UPSTREAM_KEY, false}, {false, ERR_OVERLOADED, false},
        {false, ERR_STOPPED, true},
    };

    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, CHAT_Q_ANSWER);
        if (cases[i].spoke)
            worker_pieces(&w, "Half an ans");
        world_errs(&w, CHAT_Q_ANSWER, cases[i].err);
        assert_int_equal(abort_says_spent(&w), cases[i].spent);
        abort_is_done(&w);
        world_close(&w);
    }
    struct world w;
    world_open(&w);
    world_walks_to(&w, CHAT_Q_FILTER);
    filter_says(&w, VERDICT_OFF);
    begin_grants(&w);
    assert_false(abort_says_spent(&w));
    abort_is_done(&w);
    world_close(&w);
}

static void a_stopped_answer_has_no_known_cost(void **state)
{
    (void)state;
    struct world           w;
    struct turn_commit_ask m;

    for (unsigned stop = 0; stop < 2; stop++) {
        world_open(&w);
        world_walks_to(&w, CHAT_Q_ANSWER);
        worker_pieces(&w, "Check the pads.");
        if (stop)
            chat_stop(w.chat);
        else
            worker_ends(&w);
        review_says(&w, 1);
        assert_int_equal(turn_commit_ask_decode(&m, buf_view(&w.last[CHAT_Q_END])), ERR_OK);
        assert_int_equal(m.cost_unknown, stop);
        commit_says(&w, COMMIT_OK);
        world_close(&w);
    }
}

static void free_piece(struct world *w)
{
    struct llm_piece m = {.text = STR("Check the pads."), .model = STR("test/free"), .is_free = 1};
    struct buf       body = {0};

    llm_piece_encode(&m, &body);
    world_answers(w, CHAT_Q_ANSWER, (struct answer){.kind = ANSWER_CHUNK, .body = buf_view(&body)});
    buf_fini(&body);
}

static void a_free_model_costs_nothing_however_it_ends(void **state)
{
    (void)state;
    struct world           w;
    struct turn_commit_ask m;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    free_piece(&w);
    chat_stop(w.chat);
    review_says(&w, 1);
    assert_int_equal(turn_commit_ask_decode(&m, buf_view(&w.last[CHAT_Q_END])), ERR_OK);
    assert_int_equal(m.cost_unknown, 0);
    commit_says(&w, COMMIT_OK);
    world_close(&w);

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    free_piece(&w);
    world_errs(&w, CHAT_Q_ANSWER, ERR_UPSTREAM_CUT);
    assert_false(abort_says_spent(&w));
    abort_is_done(&w);
    world_close(&w);
}

static void an_end_without_a_cost_keeps_the_reserve(void **state)
{
    (void)state;
    struct world           w;
    struct turn_commit_ask m;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    worker_pieces(&w, "Check the pads.");
    SAYS(&w, CHAT_Q_ANSWER, llm_answer_say, .model = STR("test/model"), .cost_unknown = 1);
    review_says(&w, 1);
    assert_int_equal(turn_commit_ask_decode(&m, buf_view(&w.last[CHAT_Q_END])), ERR_OK);
    assert_int_equal(m.cost_unknown, 1);
    commit_says(&w, COMMIT_OK);
    world_close(&w);
}

/* ---- keeping it ---- */

static void a_commit_that_came_twice_is_committed(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_END);
    commit_says(&w, COMMIT_DUP);
    assert_int_equal(w.status, CHAT_COMMITTED);
    world_close(&w);
}

static void a_spooled_turn_says_so(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_END);
    commit_says(&w, COMMIT_SPOOLED);
    assert_int_equal(w.status, CHAT_SPOOLED);
    world_close(&w);
}

static void an_answer_that_cannot_be_kept_is_unsaved_not_lost(void **state)
{
    (void)state;
    static const enum err away[] = {ERR_TIMEOUT, ERR_STORE_DOWN, ERR_DOWN, ERR_INTERNAL};

    for (unsigned i = 0; i <= COUNT_OF(away); i++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, CHAT_Q_REVIEW);
        if (i == COUNT_OF(away))
            w.refuse[SERVICE_STORE] = ERR_STORE_DOWN;
        review_says(&w, 1);
        if (i < COUNT_OF(away))
            world_errs(&w, CHAT_Q_END, away[i]);
        assert_int_equal(w.err, ERR_OK);
        assert_int_equal(w.status, CHAT_UNSAVED);
        assert_non_null(strstr(w.ear.heard, "delta(the pads.) done(unsaved)"));
        world_close(&w);
    }
}

static void a_fenced_commit_is_a_conflict(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_END);
    world_errs(&w, CHAT_Q_END, ERR_CONFLICT);
    abort_is_done(&w);
    assert_int_equal(w.err, ERR_CONFLICT);
    world_close(&w);
}

static void an_abort_that_fails_changes_nothing(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    world_errs(&w, CHAT_Q_ANSWER, ERR_UPSTREAM_CUT);
    world_errs(&w, CHAT_Q_END, ERR_TIMEOUT);
    assert_int_equal(w.err, ERR_UPSTREAM_CUT);
    world_close(&w);
}

/* ---- torture: every answer as an error, never, cut, twice, late ---- */

static const enum chat_question all[] = {CHAT_Q_LIMIT,  CHAT_Q_FILTER, CHAT_Q_BEGIN, CHAT_Q_ANSWER,
                                         CHAT_Q_REVIEW, CHAT_Q_RENEW,  CHAT_Q_END};

static void every_answer_may_be_any_error(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++)
        for (enum err err = ERR_OK; err < ERR_COUNT;
             err++) { /* an ERROR that says "ok" is one too */
            struct world w;
            world_open(&w);
            world_walks_to(&w, all[q]);
            world_errs(&w, all[q], err);
            world_finishes(&w);
            world_close(&w);
        }
}

static void no_question_is_waited_for_longer_than_the_bus_does(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, all[q]);
        for (unsigned i = 0; i < 300; i++) /* five minutes, and nothing but the clock */
            chat_tick(w.chat);
        assert_true(is_open(&w, all[q]));
        world_errs(&w, all[q], ERR_TIMEOUT);
        if (is_open(&w, CHAT_Q_RENEW))
            world_errs(&w, CHAT_Q_RENEW, ERR_TIMEOUT);
        world_finishes(&w);
        world_close(&w);
    }
}

/* The good answer to q, as bytes. */
static void good_answer(enum chat_question q, struct buf *out)
{
    struct turn_begin_say *begun = calloc(1, sizeof *begun);

    *begun = (struct turn_begin_say){.conversation = STR(CONVERSATION),
                                     .epoch = 7,
                                     .seq = 3,
                                     .talk_count = 1,
                                     .talk = {{.text = STR("Hi")}}};
    if (q == CHAT_Q_LIMIT)
        limit_take_say_encode(&(struct limit_take_say){.allowed = 1}, out);
    if (q == CHAT_Q_FILTER)
        filter_check_say_encode(&(struct filter_check_say){.verdict = VERDICT_ON}, out);
    if (q == CHAT_Q_BEGIN)
        turn_begin_say_encode(begun, out);
    if (q == CHAT_Q_ANSWER)
        llm_answer_say_encode(&(struct llm_answer_say){.text = STR("Pads.")}, out);
    if (q == CHAT_Q_REVIEW)
        filter_review_say_encode(&(struct filter_review_say){.fit = 1}, out);
    if (q == CHAT_Q_RENEW)
        turn_renew_say_encode(&(struct turn_renew_say){.stop = 0}, out);
    if (q == CHAT_Q_END)
        turn_commit_say_encode(&(struct turn_commit_say){.outcome = COMMIT_OK}, out);
    free(begun);
}

static void every_answer_may_be_cut_at_any_byte(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        struct buf good = {0};
        good_answer(all[q], &good);
        for (size_t len = 0; len <= good.len; len++) {
            struct world w;
            world_open(&w);
            world_walks_to(&w, all[q]);
            world_answers(&w, all[q], (struct answer){.kind = ANSWER_FINAL, .body = {good.p, len}});
            world_finishes(&w);
            if (len < good.len && all[q] != CHAT_Q_RENEW)
                assert_true(w.err != ERR_OK || w.status == CHAT_UNSAVED);
            world_close(&w);
        }
        buf_fini(&good);
    }
}

static void a_piece_may_be_cut_at_any_byte(void **state)
{
    (void)state;
    struct llm_piece m = {.text = STR("Check"), .model = STR("m")};
    struct buf       body = {0};

    llm_piece_encode(&m, &body);
    for (size_t len = 0; len < body.len; len++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, CHAT_Q_ANSWER);
        world_answers(&w, CHAT_Q_ANSWER,
                      (struct answer){.kind = ANSWER_CHUNK, .body = {body.p, len}});
        abort_is_done(&w);
        assert_int_equal(w.commits, 0);
        world_close(&w);
    }
    buf_fini(&body);
}

static void an_answer_that_comes_twice_counts_once(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        struct world w;
        struct buf   good = {0};
        world_open(&w);
        world_walks_to(&w, all[q]);
        uint64_t id = w.chat->slots[all[q]].id;
        good_answer(all[q], &good);
        world_answers(&w, all[q], (struct answer){.kind = ANSWER_FINAL, .body = buf_view(&good)});
        struct world before = w;
        if (w.chat)
            chat_hear(&w.chat->slots[all[q]],
                      &(struct answer){.id = id, .kind = ANSWER_ERROR, .err = ERR_INTERNAL});
        assert_int_equal(w.last_id, before.last_id);
        assert_string_equal(w.ear.heard, before.ear.heard);
        world_finishes(&w);
        assert_int_equal(w.status, CHAT_COMMITTED);
        world_close(&w);
        buf_fini(&good);
    }
}

static void an_answer_to_an_earlier_question_finds_nothing(void **state)
{
    (void)state;
    struct world w;

    world_open(&w);
    world_walks_to(&w, CHAT_Q_ANSWER);
    for (unsigned i = 0; i < 6; i++)
        worker_pieces(&w, "This is a sentence of forty characters. ");
    uint64_t look = w.chat->slots[CHAT_Q_REVIEW].id;
    worker_ends(&w); /* drops that look and asks for the last one */
    assert_int_equal(w.dropped[CHAT_Q_REVIEW], 1);
    chat_hear(&w.chat->slots[CHAT_Q_REVIEW],
              &(struct answer){.id = look, .kind = ANSWER_ERROR, .err = ERR_INTERNAL});
    assert_int_equal(w.commits, 0);
    world_finishes(&w);
    assert_int_equal(w.err, ERR_OK);
    world_close(&w);
}

static void pieces_nobody_asked_for_change_nothing(void **state)
{
    (void)state;
    struct world w;

    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        if (all[q] == CHAT_Q_ANSWER)
            continue;
        world_open(&w);
        world_walks_to(&w, all[q]);
        size_t before = w.chat->answer.len;
        world_answers(&w, all[q], (struct answer){.kind = ANSWER_CHUNK, .body = STR("\x91\x51")});
        assert_int_equal(w.chat->answer.len, before);
        world_finishes(&w);
        world_close(&w);
    }
}

static void a_process_that_ends_drops_what_is_open(void **state)
{
    (void)state;
    for (unsigned q = 0; q < COUNT_OF(all); q++) {
        struct world w;
        world_open(&w);
        world_walks_to(&w, all[q]);
        audience_leave(&w.ear.listener);
        chat_cut(&w.chat);
        w.ear.ends = 1;
        world_close(&w);
    }
}

static void every_refusal_of_the_bus_ends_the_turn(void **state)
{
    (void)state;
    static const enum err refusals[] = {ERR_OVERLOADED, ERR_FILTER_DOWN, ERR_STORE_DOWN,
                                        ERR_WORKER_DOWN};

    for (unsigned q = 0; q < COUNT_OF(all); q++)
        for (enum service s = 0; s < SERVICE_COUNT; s++)
            for (unsigned i = 0; i < COUNT_OF(refusals); i++) {
                struct world w;
                world_open(&w);
                world_walks_to(&w, all[q]);
                w.refuse[s] = refusals[i];
                world_finishes(&w);
                world_close(&w);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_day_ends_committed),
        cmocka_unit_test(filter_and_store_are_asked_at_once),
        cmocka_unit_test(the_model_is_asked_with_the_talk_and_the_question),
        cmocka_unit_test(a_talk_that_would_burst_a_frame_loses_its_oldest_part),
        cmocka_unit_test(an_answer_that_was_not_streamed_is_told_too),
        cmocka_unit_test(what_was_taken_is_credited),
        cmocka_unit_test(off_topic_is_refused_and_aborted),
        cmocka_unit_test(what_depends_passes_where_the_talk_is_about_cars),
        cmocka_unit_test(a_filter_that_is_away_is_not_a_yes),
        cmocka_unit_test(without_a_filter_nothing_is_begun),
        cmocka_unit_test(an_unfit_answer_is_retracted),
        cmocka_unit_test(an_answer_is_looked_at_while_it_grows),
        cmocka_unit_test(a_look_that_fails_on_the_way_decides_nothing),
        cmocka_unit_test(without_a_last_look_nothing_is_kept),
        cmocka_unit_test(overload_is_said_before_anything_is_asked),
        cmocka_unit_test(limits_are_told_with_their_time),
        cmocka_unit_test(the_gateway_counts_itself_when_the_store_cannot),
        cmocka_unit_test(what_the_store_refuses_needs_no_abort),
        cmocka_unit_test(a_turn_that_was_kept_is_replayed),
        cmocka_unit_test(a_turn_that_runs_elsewhere_is_waited_for),
        cmocka_unit_test(who_waits_for_another_gateway_hears_that_it_lives),
        cmocka_unit_test(a_turn_that_died_elsewhere_is_walked_here),
        cmocka_unit_test(nobody_waits_for_another_gateway_for_ever),
        cmocka_unit_test(a_late_listener_hears_all_from_where_it_was),
        cmocka_unit_test(a_turn_goes_on_when_nobody_listens),
        cmocka_unit_test(the_place_in_line_is_told_when_it_changes),
        cmocka_unit_test(a_rest_is_told_once_when_it_begins),
        cmocka_unit_test(stop_ends_a_rest_at_once),
        cmocka_unit_test(silence_is_broken_by_a_sign_of_life),
        cmocka_unit_test(stop_keeps_what_there_is),
        cmocka_unit_test(stop_before_the_first_word_gives_the_text_back),
        cmocka_unit_test(a_stop_at_the_worker_is_a_stop),
        cmocka_unit_test(the_lease_is_renewed_and_tells_of_a_stop),
        cmocka_unit_test(a_lost_lease_ends_without_commit_or_abort),
        cmocka_unit_test(a_failing_model_leaves_history_as_it_was),
        cmocka_unit_test(an_answer_without_a_word_is_an_error),
        cmocka_unit_test(an_answer_without_an_end_is_cut_where_it_is_full),
        cmocka_unit_test(an_abort_tells_whether_it_may_have_cost_something),
        cmocka_unit_test(a_stopped_answer_has_no_known_cost),
        cmocka_unit_test(a_free_model_costs_nothing_however_it_ends),
        cmocka_unit_test(an_end_without_a_cost_keeps_the_reserve),
        cmocka_unit_test(a_commit_that_came_twice_is_committed),
        cmocka_unit_test(a_spooled_turn_says_so),
        cmocka_unit_test(an_answer_that_cannot_be_kept_is_unsaved_not_lost),
        cmocka_unit_test(a_fenced_commit_is_a_conflict),
        cmocka_unit_test(an_abort_that_fails_changes_nothing),
        cmocka_unit_test(every_answer_may_be_any_error),
        cmocka_unit_test(no_question_is_waited_for_longer_than_the_bus_does),
        cmocka_unit_test(every_answer_may_be_cut_at_any_byte),
        cmocka_unit_test(a_piece_may_be_cut_at_any_byte),
        cmocka_unit_test(an_answer_that_comes_twice_counts_once),
        cmocka_unit_test(an_answer_to_an_earlier_question_finds_nothing),
        cmocka_unit_test(pieces_nobody_asked_for_change_nothing),
        cmocka_unit_test(a_process_that_ends_drops_what_is_open),
        cmocka_unit_test(every_refusal_of_the_bus_ends_the_turn),
    };
    log_open("chat_test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    ids_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
