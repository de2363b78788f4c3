/* What the flows of a turn promise, with the databases played by the test. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "flows.h"
#include "test.h"
#include "wire/messages.h"

#define SESSION      "11111111-2222-4333-8444-555555555555"
#define CONVERSATION "22222222-2222-4333-8444-555555555555"
#define TURN         "33333333-2222-4333-8444-555555555555"

enum { REDIS, PG, COMMIT };

/* A question that the job asked, and that the test has yet to answer. */
struct asked {
    int         kind, what;
    struct job *job;
    unsigned    slot;
    struct args args;
};

static struct {
    struct world  world;
    struct config config;
    bool          redis_unavailable, pg_unavailable;
    uint64_t      pg_unavailable_ms, deadline_ms;
    struct asked  asked[32];
    unsigned      asks, answered, notes;
    unsigned      ends;
    enum err      err;
    uint64_t      retry_after;
    struct buf    said;
} w;

static void note_down(int kind, int what, const struct args *args, struct job *job, unsigned slot)
{
    struct asked *a = &w.asked[w.asks++];

    *a = (struct asked){kind, what, job, slot, *args};
    for (unsigned i = 0; i < args->count; i++) /* words are views into the args themselves */
        a->args.value[i].p = str_dup(args->value[i]);
}

static enum err request_redis(void *ctx, struct lua_call call, struct job *job, unsigned slot)
{
    (void)ctx;
    if (w.redis_unavailable)
        return ERR_DOWN;
    note_down(REDIS, (int)call.script, call.args, job, slot);
    return ERR_OK;
}

static enum err request_sql(void *ctx, const struct sql_call *calls, unsigned count,
                            struct job *job, unsigned slot)
{
    (void)ctx;
    (void)count;
    if (w.pg_unavailable)
        return ERR_DOWN;
    if (calls[0].statement == SQL_AUDIT_ADD)
        w.notes++;
    else
        note_down(PG, (int)calls[0].statement, calls[0].args, job, slot);
    return ERR_OK;
}

static void commit(void *ctx, struct sql_call call, uint64_t deadline_ms, struct job *job,
                   unsigned slot)
{
    (void)ctx;
    w.deadline_ms = deadline_ms;
    note_down(COMMIT, (int)call.statement, call.args, job, slot);
}

static void spooled(void *ctx, unsigned bucket, uint64_t length)
{
    (void)ctx, (void)bucket, (void)length;
}

static uint64_t unavailable_ms(void *ctx)
{
    (void)ctx;
    return w.pg_unavailable_ms;
}

static uint64_t wall(void *ctx)
{
    (void)ctx;
    return 1700000000000;
}

static void reply(void *ctx, uint64_t handle, struct str body)
{
    (void)ctx;
    assert_int_equal(handle, 7);
    w.ends++;
    buf_clear(&w.said);
    buf_str(&w.said, body);
}

static void refuse(void *ctx, uint64_t handle, enum err err, uint64_t retry_after_ms)
{
    (void)ctx, (void)handle;
    w.ends++;
    w.err = err;
    w.retry_after = retry_after_ms;
}

static int open_world(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    w.world = (struct world){.request_redis = request_redis,
                             .request_sql = request_sql,
                             .commit = commit,
                             .pg_unavailable_ms = unavailable_ms,
                             .wall_ms = wall,
                             .reply = reply,
                             .fail = refuse,
                             .spooled = spooled,
                             .flows = flows,
                             .steps = flows_steps};
    job_world_init(&w.world);
    w.config = (struct config){.messages_per_minute = 20, .lease_ms = 15000};
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    assert_int_equal(w.world.jobs_open, 0);
    assert_int_equal(w.ends, 1);
    for (unsigned i = 0; i < w.asks; i++)
        for (unsigned k = 0; k < w.asked[i].args.count; k++)
            free((char *)(uintptr_t)w.asked[i].args.value[k].p);
    buf_fini(&w.said);
    return 0;
}

/* The oldest question not answered yet, which must be this one. */
static struct asked *next(int kind, int what)
{
    assert_true(w.answered < w.asks);
    struct asked *a = &w.asked[w.answered++];
    assert_int_equal(a->kind, kind);
    assert_int_equal(a->what, what);
    return a;
}

static void answer_with(struct asked *a, unsigned columns, const char *const *cells, unsigned count)
{
    struct result_set set = {0};

    if (columns)
        result_set_begin(&set, columns);
    for (unsigned i = 0; i < count; i++)
        result_set_add(&set, str_of(cells[i]));
    job_answer(a->job, a->slot, ERR_OK, &set);
}

#define ANSWER(kind, what, ...)                                                                    \
    do {                                                                                           \
        const char *const cells_[] = {__VA_ARGS__};                                                \
        answer_with(next(kind, what), COUNT_OF(cells_), cells_, COUNT_OF(cells_));                 \
    } while (0)

static void fails(struct asked *a, enum err err)
{
    job_answer(a->job, a->slot, err, NULL);
}

static bool arg_is(const struct asked *a, unsigned at, const char *text)
{
    return at < a->args.count && str_is(a->args.value[at], text);
}

/* ---- begin ---- */

static void begin(const char *conversation)
{
    struct turn_begin_request ask = {.session = STR(SESSION),
                                     .conversation = str_of(conversation),
                                     .turn_id = STR(TURN),
                                     .text = STR("why?"),
                                     .window = 20};
    struct buf                body = {0};

    turn_begin_request_encode(&ask, &body);
    job_start(&w.world, &w.config, 7, buf_view(&body), 1000, STR(""));
    buf_fini(&body);
}

static void snapshot_finds_conversation(const char *seq, const char *epoch)
{
    ANSWER(PG, SQL_SNAPSHOT, "known", "1000", "2000", "a/model", "key in postgres", "hint", "5",
           CONVERSATION, seq, epoch, "1", "", "", "", "", "", "", "", "", "", "1");
}

static void snapshot_finds_nothing(void)
{
    answer_with(next(PG, SQL_SNAPSHOT), 0, NULL, 0);
}

static struct turn_begin_reply *granted(void)
{
    struct turn_begin_reply *said = mem_new(sizeof *said);

    assert_int_equal(w.err, ERR_OK);
    assert_int_equal(turn_begin_reply_decode(said, buf_view(&w.said)), ERR_OK);
    return said;
}

static void a_turn_is_granted(void **state)
{
    (void)state;
    begin(CONVERSATION);
    snapshot_finds_conversation("4", "9");
    ANSWER(PG, SQL_TURN_CONTEXT, "question", "answer");
    ANSWER(REDIS, LUA_TURN_BEGIN, "granted", "12", "17", "0", "", "0", "0");
    struct turn_begin_reply *said = granted();
    assert_int_equal(said->outcome, BEGIN_GRANTED);
    assert_int_equal(said->epoch, 12);
    assert_int_equal(said->seq, 5);
    assert_int_equal(said->remaining, 17);
    assert_int_equal(said->context_count, 2);
    assert_true(said->context[0].by_user && !said->context[1].by_user);
    assert_true(str_is(said->sealed_key, "key in postgres"));
    assert_true(str_is(said->model, "a/model"));
    free(said);
}

static void the_answers_may_come_in_any_order(void **state)
{
    (void)state;
    begin(CONVERSATION);
    snapshot_finds_conversation("4", "9");
    struct asked *context = next(PG, SQL_TURN_CONTEXT);
    ANSWER(REDIS, LUA_TURN_BEGIN, "granted", "12", "17", "0", "newer key", "6", "0");
    assert_int_equal(w.ends, 0);
    answer_with(context, 2, (const char *const[]){"question", "answer"}, 2);
    struct turn_begin_reply *said = granted();
    assert_int_equal(said->context_count, 2);
    assert_true(str_is(said->sealed_key, "newer key"));
    free(said);
}

static void an_outdated_snapshot_is_taken_again(void **state)
{
    (void)state;
    begin(CONVERSATION);
    snapshot_finds_conversation("4", "9");
    ANSWER(PG, SQL_TURN_CONTEXT, "question", "answer");
    ANSWER(REDIS, LUA_TURN_BEGIN, "stale", "0", "0", "0", "", "0", "0");
    snapshot_finds_conversation("5", "12");
    ANSWER(PG, SQL_TURN_CONTEXT, "question", "answer");
    struct asked *a = next(REDIS, LUA_TURN_BEGIN);
    assert_true(arg_is(a, 9, "5") && arg_is(a, 10, "12"));
    answer_with(a, 7, (const char *const[]){"granted", "13", "0", "0", "", "0", "0"}, 7);
    struct turn_begin_reply *said = granted();
    assert_int_equal(said->seq, 6);
    free(said);
}

static void what_stays_outdated_is_busy(void **state)
{
    (void)state;
    begin(CONVERSATION);
    for (unsigned i = 0; !w.ends && i < 20; i++) {
        snapshot_finds_conversation("4", "9");
        ANSWER(PG, SQL_TURN_CONTEXT, "question", "answer");
        ANSWER(REDIS, LUA_TURN_BEGIN, "stale", "0", "0", "0", "", "0", "0");
    }
    assert_int_equal(w.err, ERR_BUSY);
}

static void without_redis_it_is_granted_from_postgres(void **state)
{
    (void)state;
    w.redis_unavailable = true;
    begin(CONVERSATION);
    snapshot_finds_conversation("4", "9");
    ANSWER(PG, SQL_TURN_CONTEXT, "question", "answer");
    struct turn_begin_reply *said = granted();
    assert_int_equal(said->limits_unavailable, 1);
    assert_int_equal(said->epoch, 10);
    assert_int_equal(said->seq, 5);
    free(said);
}

static void redis_may_go_while_it_is_asked(void **state)
{
    (void)state;
    begin(CONVERSATION);
    snapshot_finds_conversation("0", "0");
    fails(next(REDIS, LUA_TURN_BEGIN), ERR_DOWN);
    struct turn_begin_reply *said = granted();
    assert_int_equal(said->limits_unavailable, 1);
    free(said);
}

static void a_grant_without_its_context_is_given_back(void **state)
{
    (void)state;
    begin(CONVERSATION);
    snapshot_finds_conversation("4", "9");
    struct asked *context = next(PG, SQL_TURN_CONTEXT);
    ANSWER(REDIS, LUA_TURN_BEGIN, "granted", "12", "17", "0", "", "0", "0");
    fails(context, ERR_DOWN);
    assert_int_equal(w.err, ERR_STORE_DOWN);
    struct asked *end = next(REDIS, LUA_TURN_END);
    assert_true(arg_is(end, 4, TURN) && arg_is(end, 5, CONVERSATION) && arg_is(end, 6, "12"));
    assert_null(end->job);
}

static void assert_lease_given_back(const char *epoch)
{
    struct asked *end = next(REDIS, LUA_TURN_END);

    assert_true(arg_is(end, 4, TURN) && arg_is(end, 5, CONVERSATION) && arg_is(end, 6, epoch));
    assert_null(end->job);
}

static void what_is_given_up_early_is_not_granted(void **state)
{
    (void)state;
    begin(CONVERSATION);
    job_cancel(&w.world, 8); /* somebody else's */
    job_cancel(&w.world, 7);
    snapshot_finds_conversation("4", "9");
    assert_int_equal(w.err, ERR_STOPPED);
    assert_int_equal(w.asks, 1);
}

static void a_grant_nobody_waits_for_is_given_back(void **state)
{
    (void)state;
    w.config.session_budget = 1; /* nothing was reserved yet, and nothing is */
    begin(CONVERSATION);
    snapshot_finds_conversation("4", "9");
    ANSWER(PG, SQL_TURN_CONTEXT, "question", "answer");
    job_cancel(&w.world, 7);
    ANSWER(REDIS, LUA_TURN_BEGIN, "granted", "12", "17", "0", "", "0", "0");
    assert_int_equal(w.err, ERR_STOPPED);
    assert_lease_given_back("12");
    assert_int_equal(w.asks, w.answered);
}

static void a_reserve_nobody_waits_for_is_given_back(void **state)
{
    (void)state;
    w.config.session_budget = 1;
    begin(CONVERSATION);
    snapshot_finds_conversation("4", "9");
    ANSWER(PG, SQL_TURN_CONTEXT, "question", "answer");
    ANSWER(REDIS, LUA_TURN_BEGIN, "granted", "12", "17", "0", "", "0", "0");
    job_cancel(&w.world, 7);
    ANSWER(PG, SQL_BUDGET_RESERVE, "13", "20000000", "0");
    assert_int_equal(w.err, ERR_STOPPED);
    assert_lease_given_back("12");
    struct asked *settle = next(PG, SQL_BUDGET_SETTLE);
    assert_true(arg_is(settle, 1, TURN) && arg_is(settle, 2, "13") && arg_is(settle, 3, "0"));
    answer_with(settle, 1, (const char *const[]){"1"}, 1);
}

static void without_postgres_nothing_is_begun(void **state)
{
    (void)state;
    w.pg_unavailable = true;
    begin(CONVERSATION);
    ANSWER(REDIS, LUA_TURN_FIND, "none", "");
    assert_int_equal(w.err, ERR_STORE_DOWN);
    assert_true(w.retry_after > 0);
}

static void without_postgres_a_running_turn_is_followed(void **state)
{
    (void)state;
    begin(CONVERSATION);
    fails(next(PG, SQL_SNAPSHOT), ERR_DOWN);
    ANSWER(REDIS, LUA_TURN_FIND, "follow", CONVERSATION);
    struct turn_begin_reply *said = granted();
    assert_int_equal(said->outcome, BEGIN_FOLLOW);
    assert_true(str_is(said->conversation, CONVERSATION));
    free(said);
}

static void without_both_nothing_is_known(void **state)
{
    (void)state;
    w.pg_unavailable = w.redis_unavailable = true;
    begin(CONVERSATION);
    assert_int_equal(w.err, ERR_STORE_DOWN);
}

static void a_conversation_with_a_spooled_turn_waits_for_it(void **state)
{
    (void)state;
    begin(CONVERSATION);
    snapshot_finds_conversation("0", "0");
    ANSWER(REDIS, LUA_TURN_BEGIN, "waiting", "0", "0", "0", "", "0", "0");
    assert_int_equal(w.err, ERR_STORE_DOWN);
}

static void a_first_conversation_gets_its_id_from_the_turn(void **state)
{
    (void)state;
    begin("");
    snapshot_finds_nothing();
    struct asked *a = next(REDIS, LUA_TURN_BEGIN);
    assert_true(arg_is(a, 11, "0")); /* a session that Postgres does not know */
    assert_true(arg_is(a, 12, "0"));
    char *conversation = str_dup(a->args.value[7]);
    answer_with(a, 7, (const char *const[]){"granted", "1", "19", "0", "", "0", "0"}, 7);
    struct turn_begin_reply *said = granted();
    assert_true(str_is(said->conversation, conversation));
    assert_int_equal(said->seq, 1);
    free(said);
    free(conversation);
}

static void a_refusal_is_noted_once_and_tells_when_to_come_back(void **state)
{
    (void)state;
    begin(CONVERSATION);
    snapshot_finds_conversation("0", "0");
    ANSWER(REDIS, LUA_TURN_BEGIN, "limited", "0", "0", "2500", "", "0", "1");
    assert_int_equal(w.err, ERR_LIMITED);
    assert_int_equal(w.retry_after, 2500);
    assert_int_equal(w.notes, 1);
}

static void each_other_outcome_is_an_error_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *outcome;
        enum err    err;
    } all[] = {{"busy", ERR_BUSY},
               {"same_id", ERR_TURN_ID_REUSED},
               {"not_found", ERR_NOT_FOUND},
               {"signed_out", ERR_SIGNED_OUT}};

    for (unsigned i = 0; i < COUNT_OF(all); i++) {
        w.ends = 0;
        begin(CONVERSATION);
        snapshot_finds_conversation("0", "0");
        ANSWER(REDIS, LUA_TURN_BEGIN, all[i].outcome, "0", "0", "0", "", "0", "0");
        assert_int_equal(w.err, all[i].err);
    }
}

/* ---- begin, with a budget ---- */

static void begin_within_budget(void)
{
    w.config.session_budget = 1;
    w.config.turn_reserve = 0.02;
    begin(CONVERSATION);
    snapshot_finds_conversation("0", "9");
}

static void grant_comes(void)
{
    ANSWER(REDIS, LUA_TURN_BEGIN, "granted", "12", "17", "0", "", "0", "0");
}

static void the_lease_went_back(void)
{
    struct asked *end = next(REDIS, LUA_TURN_END);

    assert_true(arg_is(end, 4, TURN) && arg_is(end, 6, "12"));
    assert_null(end->job);
}

static void a_reserve_is_taken_before_the_grant_is_told(void **state)
{
    (void)state;
    begin_within_budget();
    grant_comes();
    assert_int_equal(w.ends, 0);
    struct asked *a = next(PG, SQL_BUDGET_RESERVE);
    assert_true(arg_is(a, 0, SESSION) && arg_is(a, 1, TURN) && arg_is(a, 2, "12"));
    assert_true(arg_is(a, 3, "20000000") && arg_is(a, 4, "1000000000"));
    answer_with(a, 3, (const char *const[]){"13", "580000000", "0"}, 3);
    struct turn_begin_reply *said = granted();
    assert_int_equal(said->epoch, 13); /* the reserve's own */
    assert_int_equal(said->has_budget, 1);
    assert_true(said->budget_left == 0.42);
    free(said);
}

static void what_does_not_fit_is_refused_and_the_lease_given_back(void **state)
{
    (void)state;
    begin_within_budget();
    grant_comes();
    ANSWER(PG, SQL_BUDGET_RESERVE, "0", "990000000", "0");
    assert_int_equal(w.err, ERR_BUDGET);
    the_lease_went_back();
}

static void a_reserve_that_met_another_is_tried_again(void **state)
{
    (void)state;
    begin_within_budget();
    grant_comes();
    fails(next(PG, SQL_BUDGET_RESERVE), ERR_CONFLICT);
    ANSWER(PG, SQL_BUDGET_RESERVE, "13", "20000000", "0");
    free(granted());
}

static void a_reserve_that_nobody_could_take_grants_nothing(void **state)
{
    (void)state;
    begin_within_budget();
    grant_comes();
    fails(next(PG, SQL_BUDGET_RESERVE), ERR_DOWN);
    assert_int_equal(w.err, ERR_STORE_DOWN);
    the_lease_went_back();
}

static void a_session_cleared_meanwhile_is_signed_out(void **state)
{
    (void)state;
    begin_within_budget();
    grant_comes();
    ANSWER(PG, SQL_BUDGET_RESERVE, "0", "0", "1");
    assert_int_equal(w.err, ERR_SIGNED_OUT);
    the_lease_went_back();
}

static void without_redis_the_reserve_is_taken_all_the_same(void **state)
{
    (void)state;
    w.redis_unavailable = true;
    begin_within_budget();
    struct asked *a = next(PG, SQL_BUDGET_RESERVE);
    assert_true(arg_is(a, 2, "10"));
    answer_with(a, 3, (const char *const[]){"10", "20000000", "0"}, 3);
    struct turn_begin_reply *said = granted();
    assert_int_equal(said->limits_unavailable, 1);
    assert_int_equal(said->epoch, 10);
    free(said);
}

/* ---- renew ---- */

static void renew(void)
{
    struct turn_renew_request ask = {.session = STR(SESSION),
                                     .conversation = STR(CONVERSATION),
                                     .turn_id = STR(TURN),
                                     .epoch = 12};
    struct buf                body = {0};

    turn_renew_request_encode(&ask, &body);
    job_start(&w.world, &w.config, 7, buf_view(&body), 1000, STR(""));
    buf_fini(&body);
}

static void was_renewed(bool stop, bool lost)
{
    struct turn_renew_reply said;

    assert_int_equal(turn_renew_reply_decode(&said, buf_view(&w.said)), ERR_OK);
    assert_int_equal(said.stop, stop);
    assert_int_equal(said.lost, lost);
}

static void a_turn_that_redis_lost_is_adopted(void **state)
{
    (void)state;
    renew();
    struct asked *first = next(REDIS, LUA_TURN_RENEW);
    assert_true(arg_is(first, 8, "0"));
    answer_with(first, 2, (const char *const[]){"missing", "0"}, 2);
    ANSWER(PG, SQL_TURN_WANTED, "1");
    struct asked *second = next(REDIS, LUA_TURN_RENEW);
    assert_true(arg_is(second, 8, "1"));
    answer_with(second, 2, (const char *const[]){"ok", "1"}, 2);
    was_renewed(true, false);
}

static void a_turn_that_was_cleared_away_is_lost(void **state)
{
    (void)state;
    renew();
    ANSWER(REDIS, LUA_TURN_RENEW, "missing", "0");
    ANSWER(PG, SQL_TURN_WANTED, "0");
    was_renewed(false, true);
}

static void without_any_database_a_turn_goes_on(void **state)
{
    (void)state;
    renew();
    w.pg_unavailable = true;
    ANSWER(REDIS, LUA_TURN_RENEW, "missing", "0");
    fails(next(REDIS, LUA_TURN_RENEW), ERR_DOWN);
    was_renewed(false, false);
}

/* ---- commit ---- */

static void commit_turn(struct str answer)
{
    struct turn_commit_request ask = {.session = STR(SESSION),
                                      .conversation = STR(CONVERSATION),
                                      .turn_id = STR(TURN),
                                      .epoch = 12,
                                      .seq = 5,
                                      .user_text = STR("why?"),
                                      .answer = answer,
                                      .status = STR("committed")};
    struct buf                 body = {0};

    turn_commit_request_encode(&ask, &body);
    job_start(&w.world, &w.config, 7, buf_view(&body), 1000, STR(""));
    buf_fini(&body);
}

static void was_kept(enum commit_outcome outcome)
{
    struct turn_commit_reply said;

    assert_int_equal(w.err, ERR_OK);
    assert_int_equal(turn_commit_reply_decode(&said, buf_view(&w.said)), ERR_OK);
    assert_int_equal(said.outcome, outcome);
}

static void a_kept_turn_gives_its_lease_back_first(void **state)
{
    (void)state;
    commit_turn(STR("because"));
    ANSWER(COMMIT, SQL_TURN_COMMIT, "ok");
    assert_int_equal(w.ends, 0);
    struct asked *end = next(REDIS, LUA_TURN_END);
    assert_true(arg_is(end, 6, "12") && arg_is(end, 7, "5") && arg_is(end, 8, "committed"));
    fails(end, ERR_DOWN); /* which changes nothing */
    was_kept(COMMIT_OK);
}

static void fenced_is_tried_once_more(void **state)
{
    (void)state;
    w.redis_unavailable = true;
    commit_turn(STR("because"));
    ANSWER(COMMIT, SQL_TURN_COMMIT, "fenced");
    ANSWER(COMMIT, SQL_TURN_COMMIT, "dup");
    was_kept(COMMIT_DUP);
}

static void fenced_twice_is_a_conflict(void **state)
{
    (void)state;
    commit_turn(STR("because"));
    ANSWER(COMMIT, SQL_TURN_COMMIT, "fenced");
    ANSWER(COMMIT, SQL_TURN_COMMIT, "fenced");
    assert_int_equal(w.err, ERR_CONFLICT);
    assert_int_equal(w.asks, 2);
}

static void kept_with_another_answer_is_a_conflict(void **state)
{
    (void)state;
    commit_turn(STR("because"));
    ANSWER(COMMIT, SQL_TURN_COMMIT, "other");
    assert_int_equal(w.err, ERR_CONFLICT);
    assert_int_equal(w.asks, 1);
}

static void a_commit_that_nobody_could_take_may_be_sent_again(void **state)
{
    (void)state;
    commit_turn(STR("because"));
    fails(next(COMMIT, SQL_TURN_COMMIT), ERR_DOWN);
    fails(next(REDIS, LUA_TURN_SPOOL), ERR_DOWN);
    fails(next(COMMIT, SQL_TURN_COMMIT), ERR_DOWN);
    assert_int_equal(w.err, ERR_STORE_DOWN);
    assert_true(w.retry_after > 0);
}

static void without_postgres_a_turn_is_spooled(void **state)
{
    (void)state;
    commit_turn(STR("because"));
    fails(next(COMMIT, SQL_TURN_COMMIT), ERR_DOWN);
    struct asked              *a = next(REDIS, LUA_TURN_SPOOL);
    struct turn_commit_request kept;
    assert_int_equal(turn_commit_request_decode(&kept, a->args.value[a->args.count - 1]), ERR_OK);
    assert_true(str_is(kept.answer, "because"));
    answer_with(a, 1, (const char *const[]){"spooled"}, 1);
    was_kept(COMMIT_SPOOLED);
}

static void the_longer_postgres_is_unavailable_the_sooner_turns_are_spooled(void **state)
{
    (void)state;
    w.pg_unavailable_ms = 60000;
    commit_turn(STR("because"));
    assert_int_equal(w.deadline_ms, 0);
    fails(next(COMMIT, SQL_TURN_COMMIT), ERR_DOWN);
    fails(next(REDIS, LUA_TURN_SPOOL), ERR_DOWN);
    assert_in_range(w.deadline_ms, 1, 900); /* of the second that somebody waits */
    ANSWER(COMMIT, SQL_TURN_COMMIT, "ok");
    fails(next(REDIS, LUA_TURN_END), ERR_DOWN);
    was_kept(COMMIT_OK);
}

static void a_turn_whose_place_is_taken_is_not_spooled(void **state)
{
    (void)state;
    commit_turn(STR("because"));
    fails(next(COMMIT, SQL_TURN_COMMIT), ERR_TIMEOUT);
    ANSWER(REDIS, LUA_TURN_SPOOL, "fenced");
    assert_int_equal(w.err, ERR_CONFLICT);
}

static void what_postgres_refuses_is_not_spooled(void **state)
{
    (void)state;
    commit_turn(STR("because"));
    fails(next(COMMIT, SQL_TURN_COMMIT), ERR_BAD_REQUEST);
    assert_int_equal(w.err, ERR_BAD_REQUEST);
}

static void without_redis_a_commit_waits_for_postgres(void **state)
{
    (void)state;
    w.redis_unavailable = true;
    commit_turn(STR("because"));
    fails(next(COMMIT, SQL_TURN_COMMIT), ERR_DOWN);
    ANSWER(COMMIT, SQL_TURN_COMMIT, "ok");
    was_kept(COMMIT_OK);
}

static void a_nul_is_left_out_of_an_answer(void **state)
{
    (void)state;
    commit_turn((struct str){"be\0cause\0", 9});
    struct asked *a = next(COMMIT, SQL_TURN_COMMIT);
    assert_true(arg_is(a, 6, "because"));
    fails(a, ERR_BAD_REQUEST);
}

static void an_odd_cost_is_settled_within_reason(void **state)
{
    (void)state;
    struct turn_commit_request ask = {.session = STR(SESSION),
                                      .conversation = STR(CONVERSATION),
                                      .turn_id = STR(TURN),
                                      .seq = 5,
                                      .status = STR("committed"),
                                      .cost = 1e300,
                                      .cost_unknown = 1};
    struct buf                 body = {0};

    turn_commit_request_encode(&ask, &body);
    job_start(&w.world, &w.config, 7, buf_view(&body), 1000, STR(""));
    buf_fini(&body);
    struct asked *a = next(COMMIT, SQL_TURN_COMMIT);
    assert_true(arg_is(a, 16, "1000000000000000") && arg_is(a, 17, "1"));
    fails(a, ERR_BAD_REQUEST);
}

static void of_a_spooled_turn_nobody_knows_what_is_left(void **state)
{
    (void)state;
    struct turn_commit_reply said;

    w.config.session_budget = 1;
    commit_turn(STR("because"));
    fails(next(COMMIT, SQL_TURN_COMMIT), ERR_DOWN);
    ANSWER(REDIS, LUA_TURN_SPOOL, "spooled");
    assert_int_equal(turn_commit_reply_decode(&said, buf_view(&w.said)), ERR_OK);
    assert_int_equal(said.outcome, COMMIT_SPOOLED);
    assert_int_equal(said.has_budget, 0);
}

static void what_is_left_is_told_with_a_kept_turn(void **state)
{
    (void)state;
    struct turn_commit_reply said;

    w.redis_unavailable = true;
    w.config.session_budget = 1;
    commit_turn(STR("because"));
    ANSWER(COMMIT, SQL_TURN_COMMIT, "ok", "580000000");
    assert_int_equal(turn_commit_reply_decode(&said, buf_view(&w.said)), ERR_OK);
    assert_int_equal(said.has_budget, 1);
    assert_true(said.budget_left == 0.42);
}

/* ---- abort ---- */

static void abort_turn(bool spent)
{
    struct turn_abort_request ask = {.session = STR(SESSION),
                                     .conversation = STR(CONVERSATION),
                                     .turn_id = STR(TURN),
                                     .epoch = 12,
                                     .reason = STR("upstream_error"),
                                     .spent = spent};
    struct buf                body = {0};

    turn_abort_request_encode(&ask, &body);
    job_start(&w.world, &w.config, 7, buf_view(&body), 1000, STR(""));
    buf_fini(&body);
}

static void without_a_budget_an_abort_gives_the_lease_back(void **state)
{
    (void)state;
    abort_turn(false);
    ANSWER(REDIS, LUA_TURN_END, "1");
    assert_int_equal(w.err, ERR_OK);
    assert_int_equal(w.asks, 1);
}

static void an_abort_settles_the_reserve(void **state)
{
    (void)state;
    w.config.session_budget = 1;
    abort_turn(true);
    struct asked *settle = next(PG, SQL_BUDGET_SETTLE);
    assert_true(arg_is(settle, 1, TURN) && arg_is(settle, 2, "12") && arg_is(settle, 3, "1"));
    fails(next(REDIS, LUA_TURN_END), ERR_DOWN); /* which changes nothing */
    assert_int_equal(w.ends, 0);
    answer_with(settle, 1, (const char *const[]){"1"}, 1);
    assert_int_equal(w.err, ERR_OK);
}

static void a_reserve_that_could_not_be_settled_is_worth_another_try(void **state)
{
    (void)state;
    w.config.session_budget = 1;
    w.pg_unavailable = w.redis_unavailable = true;
    abort_turn(false);
    assert_int_equal(w.err, ERR_STORE_DOWN);
}

static void what_is_no_question_is_refused(void **state)
{
    (void)state;
    job_start(&w.world, &w.config, 7, STR("\x93\x01\x02\x03"), 1000, STR(""));
    assert_int_equal(w.err, ERR_BAD_REQUEST);
}

int main(void)
{
    random_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(a_turn_is_granted),
        TEST(the_answers_may_come_in_any_order),
        TEST(an_outdated_snapshot_is_taken_again),
        TEST(what_stays_outdated_is_busy),
        TEST(without_redis_it_is_granted_from_postgres),
        TEST(redis_may_go_while_it_is_asked),
        TEST(a_grant_without_its_context_is_given_back),
        TEST(what_is_given_up_early_is_not_granted),
        TEST(a_grant_nobody_waits_for_is_given_back),
        TEST(a_reserve_nobody_waits_for_is_given_back),
        TEST(without_postgres_nothing_is_begun),
        TEST(without_postgres_a_running_turn_is_followed),
        TEST(without_both_nothing_is_known),
        TEST(a_conversation_with_a_spooled_turn_waits_for_it),
        TEST(a_first_conversation_gets_its_id_from_the_turn),
        TEST(a_refusal_is_noted_once_and_tells_when_to_come_back),
        TEST(each_other_outcome_is_an_error_of_its_own),
        TEST(a_reserve_is_taken_before_the_grant_is_told),
        TEST(what_does_not_fit_is_refused_and_the_lease_given_back),
        TEST(a_reserve_that_met_another_is_tried_again),
        TEST(a_reserve_that_nobody_could_take_grants_nothing),
        TEST(a_session_cleared_meanwhile_is_signed_out),
        TEST(without_redis_the_reserve_is_taken_all_the_same),
        TEST(a_turn_that_redis_lost_is_adopted),
        TEST(a_turn_that_was_cleared_away_is_lost),
        TEST(without_any_database_a_turn_goes_on),
        TEST(a_kept_turn_gives_its_lease_back_first),
        TEST(fenced_is_tried_once_more),
        TEST(fenced_twice_is_a_conflict),
        TEST(kept_with_another_answer_is_a_conflict),
        TEST(a_commit_that_nobody_could_take_may_be_sent_again),
        TEST(without_postgres_a_turn_is_spooled),
        TEST(the_longer_postgres_is_unavailable_the_sooner_turns_are_spooled),
        TEST(a_turn_whose_place_is_taken_is_not_spooled),
        TEST(what_postgres_refuses_is_not_spooled),
        TEST(without_redis_a_commit_waits_for_postgres),
        TEST(a_nul_is_left_out_of_an_answer),
        TEST(an_odd_cost_is_settled_within_reason),
        TEST(what_is_left_is_told_with_a_kept_turn),
        TEST(of_a_spooled_turn_nobody_knows_what_is_left),
        TEST(without_a_budget_an_abort_gives_the_lease_back),
        TEST(an_abort_settles_the_reserve),
        TEST(a_reserve_that_could_not_be_settled_is_worth_another_try),
        TEST(what_is_no_question_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
