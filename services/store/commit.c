/* turn_commit_request: keeps a turn, exactly once.
 *
 *   ask Postgres ──► dup: it was kept before, with the same answer
 *    │   │    ▲  ├── other: with another one, by another owner
 *    │   │    ▲  └── fenced, the first time: a copy of this commit may just have won, look again
 *    │   ▼    │
 *    │  ok ──► tell Redis, so that the next message is not refused as busy
 *    │
 *    └─ away ──► ask Redis to spool it ──► spooled: spool.c keeps it when Postgres is back
 *                     │ away too
 *                     └► ask Postgres once more, as long as anybody waits for the answer
 *
 * 1. The statement is one; it keeps both messages, moves the chat and settles what the turn had
 *    reserved of the budget, or does nothing.
 * 2. Sent twice it keeps once: a commit whose connection broke is sent again, by us or by the
 *    gateway, and a turn that was spooled may have been kept before.
 * 3. Committed is said when both rows are flushed, spooled when Redis has it; else an error.
 * 4. Whether Redis hears of a turn that was kept changes nothing: its answer is not looked at. */
#include "commit.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/metrics.h"
#include "budget.h"
#include "spool.h"
#include "turn.h"

#define PATIENCE_MS  2000          /* that Postgres may be away, before turns are spooled */
#define ASKED_AT_MAX 4102444800000 /* the year 2100: a clock that far off is no clock */

static bool has_sane_numbers(const struct turn_commit_request *ask)
{
    return ask->seq && turn_number_is_sane(ask->seq) && turn_number_is_sane(ask->epoch) &&
           turn_number_is_sane(ask->prompt_tokens) && turn_number_is_sane(ask->completion_tokens) &&
           ask->cost >= 0 && ask->asked_at < ASKED_AT_MAX;
}

bool commit_is_sane(struct job *j)
{
    const struct turn_commit_request *ask = &j->ask.commit;

    return job_ids(j, ask->session, ask->conversation, ask->turn_id) && j->chat.text[0] &&
           j->turn.text[0] && has_sane_numbers(ask) &&
           (str_is(ask->status, "committed") || str_is(ask->status, "stopped"));
}

void commit_args(struct job *j)
{
    const struct turn_commit_request *ask = &j->ask.commit;
    struct args                      *a = job_args(j);

    args_id(a, &j->session);
    args_id(a, &j->chat);
    args_id(a, &j->turn);
    args_u64(a, ask->epoch);
    args_u64(a, ask->seq);
    args_bytes(a, ask->user_text);
    args_bytes(a, ask->answer);
    args_bytes(a, ask->status);
    args_u64(a, ask->verdict);
    args_bytes(a, ask->model);
    args_bytes(a, ask->finish_reason);
    args_bytes(a, ask->generation_id);
    args_u64(a, ask->prompt_tokens);
    args_u64(a, ask->completion_tokens);
    args_f64(a, ask->cost);
    args_u64(a, ask->asked_at);
    args_u64(a, nanos_of_dollars(ask->cost));
    args_u64(a, ask->cost_unknown);
}

/* Postgres cannot keep U+0000.  A question with it was never begun; in an answer it is left out,
 * for what was paid is not thrown away over a character that nobody can see. */
static void drop_nul(struct job *j, struct str *text)
{
    if (!text->len)
        return;
    char  *bytes = j->body + (text->p - j->body); /* the job's own copy of the request */
    size_t kept = 0;

    for (size_t i = 0; i < text->len; i++)
        if (bytes[i])
            bytes[kept++] = bytes[i];
    text->len = kept;
}

enum step commit_start(struct job *j)
{
    struct turn_commit_request *ask = &j->ask.commit;

    if (!commit_is_sane(j))
        return job_fail(j, ERR_BAD_REQUEST);
    drop_nul(j, &ask->user_text);
    drop_nul(j, &ask->answer);
    drop_nul(j, &ask->model);
    drop_nul(j, &ask->finish_reason);
    drop_nul(j, &ask->generation_id);
    turn_commit_request_encode(ask, &j->kept);
    return STEP_COMMIT_ASK;
}

void commit_count(void)
{
    static const char *const outcomes[] = {"committed", "duplicate", "spooled", "drained",
                                           "refused",   "fenced",    "failed"};

    for (unsigned i = 0; i < COUNT_OF(outcomes); i++)
        metric_add_for(METRIC_COMMITS, outcomes[i], NULL, 0);
}

/* How long anybody waits for our answer, with some time for it to travel. */
static uint64_t time_left(const struct job *j)
{
    uint64_t gone = clock_ms() - j->since_ms, ttl = j->ttl_ms - j->ttl_ms / 10;

    return ttl > gone ? ttl - gone : 0;
}

/* For Postgres to come back.  With nobody else to turn to, all the time there is. */
static uint64_t patience(const struct job *j)
{
    uint64_t left = time_left(j), away = j->world->pg_away_ms(j->world->ctx);
    uint64_t most = away < PATIENCE_MS ? PATIENCE_MS - away : 0;

    return j->is_last || left < most ? left : most;
}

enum step commit_ask(struct job *j)
{
    failpoint(FAILPOINT_STORE_COMMIT_DUE);
    commit_args(j);
    job_commit(j, patience(j));
    return job_park(j, STEP_COMMIT_TAKE);
}

static bool is_away(enum err err)
{
    return err == ERR_DOWN || err == ERR_TIMEOUT || err == ERR_CONFLICT;
}

static enum step fenced(struct job *j)
{
    metric_add_for(METRIC_COMMITS, "fenced", NULL, 1);
    return job_fail(j, ERR_CONFLICT);
}

enum step commit_take(struct job *j)
{
    const struct grid *said = &j->got[0].grid;
    enum err           err = j->got[0].err;

    if (is_away(err) && !j->is_last)
        return STEP_COMMIT_ASK_SPOOL;
    if (err) {
        metric_add_for(METRIC_COMMITS, "failed", NULL, 1);
        return job_fail(j, job_trouble(err));
    }
    if (grid_is(said, 0, 0, "other")) /* a newer owner was quicker: what it was told is kept */
        return fenced(j);
    if (grid_is(said, 0, 0, "fenced")) {
        if (j->tries++ == 0)
            return STEP_COMMIT_ASK;
        return fenced(j);
    }
    failpoint(FAILPOINT_STORE_COMMIT_SAVED);
    j->is_dup = grid_is(said, 0, 0, "dup");
    j->is_counted = true;
    j->counted = grid_u64(said, 0, 1);
    metric_add_for(METRIC_COMMITS, j->is_dup ? "duplicate" : "committed", NULL, 1);
    return STEP_COMMIT_ASK_END;
}

static enum step say_kept(struct job *j, enum commit_outcome outcome)
{
    struct turn_commit_reply say = {.outcome = outcome};
    struct buf               body = {0};

    if (j->is_counted)
        budget_tell(j->config, j->counted, &say.has_budget, &say.budget_left);
    turn_commit_reply_encode(&say, &body);
    return job_say(j, &body);
}

enum step commit_ask_end(struct job *j)
{
    const struct turn_commit_request *ask = &j->ask.commit;
    struct args                      *a = job_args(j);

    args_key(a, key_turns(&j->session));
    args_key(a, key_answer(&j->session, &j->turn));
    args_key(a, key_window(&j->session));
    args_key(a, key_session_leases(&j->session));
    args_id(a, &j->turn);
    args_id(a, &j->chat);
    args_u64(a, ask->epoch);
    args_u64(a, ask->seq);
    args_bytes(a, ask->status);
    args_u64(a, j->config->answer_keep_ms);
    args_bytes(a, buf_view(&j->kept));
    args_text(a, "");
    if (!job_ask_redis(j, 0, SCRIPT_TURN_END))
        return job_park(j, STEP_COMMIT_TAKE_END);
    return say_kept(j, j->is_dup ? COMMIT_DUP : COMMIT_OK);
}

enum step commit_take_end(struct job *j)
{
    failpoint(FAILPOINT_STORE_COMMIT_ENDED);
    return say_kept(j, j->is_dup ? COMMIT_DUP : COMMIT_OK);
}

/* ---- the spool ---- */

/* Both are away.  Postgres may still come in time. */
static enum step ask_once_more(struct job *j)
{
    j->is_last = true;
    return STEP_COMMIT_ASK;
}

enum step commit_ask_spool(struct job *j)
{
    const struct turn_commit_request *ask = &j->ask.commit;
    struct args                      *a = job_args(j);

    args_key(a, key_turns(&j->session));
    args_key(a, key_answer(&j->session, &j->turn));
    args_key(a, key_window(&j->session));
    args_key(a, key_spooled(&j->session));
    args_key(a, key_of_bucket(key_session_bucket(&j->session), "spool"));
    args_key(a, key_session_leases(&j->session));
    args_id(a, &j->turn);
    args_id(a, &j->chat);
    args_u64(a, ask->epoch);
    args_u64(a, ask->seq);
    args_bytes(a, ask->user_text);
    args_u64(a, j->config->answer_keep_ms);
    args_bytes(a, ask->answer);
    args_bytes(a, buf_view(&j->kept));
    failpoint(FAILPOINT_STORE_SPOOL_DUE);
    return job_ask_redis(j, 0, SCRIPT_TURN_SPOOL) ? ask_once_more(j)
                                                  : job_park(j, STEP_COMMIT_TAKE_SPOOL);
}

enum step commit_take_spool(struct job *j)
{
    const struct grid *said = &j->got[0].grid;

    if (j->got[0].err)
        return ask_once_more(j);
    if (grid_is(said, 0, 0, "spooled")) {
        failpoint(FAILPOINT_STORE_SPOOLED);
        metric_add_for(METRIC_COMMITS, "spooled", NULL, 1);
        spool_grew(key_session_bucket(&j->session), grid_u64(said, 0, 1));
        return say_kept(j, COMMIT_SPOOLED);
    }
    if (!grid_is(said, 0, 0, "dup"))
        return fenced(j);
    metric_add_for(METRIC_COMMITS, "duplicate", NULL, 1);
    return say_kept(j, COMMIT_DUP);
}
