/* turn_commit_ask: keeps a turn, exactly once.
 *
 *   ask Postgres ──► dup: it was kept before
 *         │    ▲
 *         │    └─ fenced, the first time: a copy of this commit may just have won, look again
 *         ▼
 *        ok ──► tell Redis, so that the next message is not refused as busy
 *
 * 1. The statement is one; it keeps both messages and moves the chat, or does nothing.
 * 2. Sent twice it keeps once: a commit whose connection broke is sent again by whoever waits.
 * 3. Whether Redis hears of it changes nothing: it is asked last, and its answer is not looked at.
 */
#include "base/metrics.h"
#include "turn.h"

#define ASKED_AT_MAX 4102444800000 /* the year 2100: a clock that far off is no clock */

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

static bool is_sane(const struct job *j)
{
    const struct turn_commit_ask *ask = &j->ask.commit;

    return j->chat.text[0] && j->turn.text[0] && ask->seq && turn_number_is_sane(ask->seq) &&
           turn_number_is_sane(ask->epoch) && turn_number_is_sane(ask->prompt_tokens) &&
           turn_number_is_sane(ask->completion_tokens) && ask->asked_at < ASKED_AT_MAX &&
           (str_is(ask->status, "committed") || str_is(ask->status, "stopped"));
}

static void write_args(struct job *j)
{
    const struct turn_commit_ask *ask = &j->ask.commit;
    struct args                  *a = job_args(j);

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
}

enum step commit_ask(struct job *j)
{
    struct turn_commit_ask *ask = &j->ask.commit;

    if (!job_ids(j, ask->session, ask->conversation, ask->turn_id) || !is_sane(j))
        return job_fail(j, ERR_BAD_REQUEST);
    drop_nul(j, &ask->user_text);
    drop_nul(j, &ask->answer);
    drop_nul(j, &ask->model);
    drop_nul(j, &ask->finish_reason);
    drop_nul(j, &ask->generation_id);
    write_args(j);
    job_commit(j);
    return job_park(j, STEP_COMMIT_TAKE);
}

enum step commit_take(struct job *j)
{
    const struct grid *said = &j->got[0].grid;
    enum err           err = j->got[0].err;

    if (err)
        return job_fail(j, job_trouble(err));
    if (grid_is(said, 0, 0, "fenced")) {
        if (j->tries++ == 0)
            return STEP_COMMIT_ASK;
        metric_add(METRIC_TURNS_FENCED, 1);
        return job_fail(j, ERR_CONFLICT);
    }
    j->is_dup = grid_is(said, 0, 0, "dup");
    if (!j->is_dup)
        metric_add(METRIC_TURNS_COMMITTED, 1);
    return STEP_COMMIT_ASK_END;
}

static enum step say_kept(struct job *j)
{
    struct turn_commit_say say = {.outcome = j->is_dup ? COMMIT_DUP : COMMIT_OK};
    struct buf             body = {0};

    turn_commit_say_encode(&say, &body);
    return job_say(j, &body);
}

enum step commit_ask_end(struct job *j)
{
    const struct turn_commit_ask *ask = &j->ask.commit;
    bool                          stopped = str_is(ask->status, "stopped");

    turn_end_args(job_args(j), j, ask->epoch, ask->seq, stopped ? "stopped" : "committed");
    if (job_ask_redis(j, 0, SCRIPT_TURN_END))
        return say_kept(j);
    return job_park(j, STEP_COMMIT_TAKE_END);
}

enum step commit_take_end(struct job *j)
{
    return say_kept(j);
}
