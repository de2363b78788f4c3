/* A turn under way: turn_renew_request, turn_append_request, turn_stop_request, turn_abort_request.
 *
 *   renew:  ask Redis ──► ok, lost
 *                 │ missing: Redis was emptied, or the turn was cleared away
 *                 ▼
 *           ask Postgres whether it may still be kept ──► lost
 *                 │ it may
 *                 ▼
 *           ask Redis again, which adopts it
 *
 *   abort:  if its worker died, ask Postgres to keep it as interrupted
 *                 ▼
 *           ask Redis to end it, and Postgres to settle its reserve
 *
 * Without Redis a turn goes on as if it had been renewed: the lease only saves work, the fence at
 * the commit is what keeps a chat right. */
#include <string.h>

#include "base/failpoint.h"
#include "base/metrics.h"
#include "budget.h"
#include "turn.h"

enum { RENEW_OUTCOME, RENEW_STOP, RENEW_HELD, RENEW_TEXTLESS };

void turn_end_args(struct args *a, const struct job *j, uint64_t epoch, const char *how,
                   struct str code)
{
    args_key(a, key_turns(&j->session));
    args_key(a, key_answer(&j->session, &j->turn));
    args_key(a, key_window(&j->session));
    args_key(a, key_session_leases(&j->session));
    args_id(a, &j->turn);
    args_id(a, &j->chat);
    args_u64(a, epoch);
    args_u64(a, 0);
    args_text(a, how);
    args_u64(a, j->config->answer_keep_ms);
    args_text(a, "");
    args_bytes(a, code);
}

/* Postgres cannot keep U+0000. */
static struct str until_nul(struct str text)
{
    const char *nul = text.len ? memchr(text.p, 0, text.len) : NULL;
    return nul ? (struct str){text.p, (size_t)(nul - text.p)} : text;
}

void turn_interrupt_args(struct args *a, const struct job *j, const struct interruption *i)
{
    args_id(a, &j->session);
    args_id(a, &j->chat);
    args_id(a, &j->turn);
    args_u64(a, i->seq ? i->seq - 1 : 0);
    args_bytes(a, i->question);
    args_bytes(a, until_nul(i->answer));
    args_bytes(a, i->model);
    args_u64(a, i->at);
    args_u64(a, i->epoch);
}

bool turn_number_is_sane(uint64_t n)
{
    return n <= INT64_MAX;
}

/* ---- renew and append ---- */

static enum step say(struct job *j, const struct turn_renew_reply *say)
{
    struct buf body = {0};

    turn_renew_reply_encode(say, &body);
    return job_say(j, &body);
}

static enum step say_lost(struct job *j)
{
    return say(j, &(struct turn_renew_reply){.lost = 1});
}

static enum step say_without_redis(struct job *j)
{
    return say(j, &(struct turn_renew_reply){.not_buffered = 1});
}

/* An append is a renew with a text. */
static struct turn_append_request renewal(const struct job *j)
{
    const struct turn_renew_request *r = &j->ask.renew;

    if (j->number == MSG_TURN_APPEND_REQUEST)
        return j->ask.append;
    return (struct turn_append_request){.session = r->session,
                                        .conversation = r->conversation,
                                        .turn_id = r->turn_id,
                                        .epoch = r->epoch,
                                        .user_text = r->user_text,
                                        .seq = r->seq,
                                        .asked_at = r->asked_at};
}

enum step renew_ask(struct job *j)
{
    const struct turn_append_request ask = renewal(j);

    if (!job_ids(j, ask.session, ask.conversation, ask.turn_id) || !j->chat.text[0] ||
        !j->turn.text[0] || !turn_number_is_sane(ask.epoch) || !turn_number_is_sane(ask.seq) ||
        !turn_number_is_sane(ask.asked_at))
        return job_fail(j, ERR_BAD_REQUEST);
    struct args *a = job_args(j);
    args_key(a, key_turns(&j->session));
    args_key(a, key_answer(&j->session, &j->turn));
    args_key(a, key_session_leases(&j->session));
    args_id(a, &j->turn);
    args_id(a, &j->chat);
    args_u64(a, ask.epoch);
    args_u64(a, j->config->lease_ms);
    args_u64(a, j->config->answer_keep_ms);
    args_u64(a, j->adopt);
    args_u64(a, ask.offset);
    args_bytes(a, ask.text);
    args_u64(a, LIMIT_ANSWER);
    args_bytes(a, ask.model);
    args_bytes(a, ask.user_text);
    args_u64(a, ask.seq);
    args_u64(a, ask.asked_at);
    if (job_ask_redis(j, 0, SCRIPT_TURN_RENEW))
        return say_without_redis(j);
    return job_park(j, STEP_RENEW_TAKE);
}

enum step renew_take(struct job *j)
{
    const struct grid *said = &j->got[0].grid;

    if (j->got[0].err)
        return say_without_redis(j);
    if (grid_is(said, 0, RENEW_OUTCOME, "missing"))
        return STEP_RENEW_ASK_WANTED;
    failpoint(FAILPOINT_STORE_RENEWED);
    if (grid_is(said, 0, RENEW_OUTCOME, "lost"))
        return say_lost(j);
    return say(j,
               &(struct turn_renew_reply){.stop = grid_u64(said, 0, RENEW_STOP) != 0,
                                          .buffered = grid_u64(said, 0, RENEW_HELD),
                                          .question_missing = grid_u64(said, 0, RENEW_TEXTLESS)});
}

enum step renew_ask_wanted(struct job *j)
{
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_id(a, &j->chat);
    args_id(a, &j->turn);
    args_u64(a, renewal(j).epoch);
    j->adopt = true;
    if (job_ask_pg(j, 0, STATEMENT_WANTED))
        return STEP_RENEW_ASK; /* Postgres is away: nothing speaks against it */
    return job_park(j, STEP_RENEW_TAKE_WANTED);
}

enum step renew_take_wanted(struct job *j)
{
    if (!j->got[0].err && !grid_u64(&j->got[0].grid, 0, 0))
        return say_lost(j);
    return STEP_RENEW_ASK;
}

/* ---- stop ---- */

enum step stop_ask(struct job *j)
{
    const struct turn_stop_request *ask = &j->ask.stop;

    if (!job_ids(j, ask->session, STR(""), ask->turn_id) || !j->turn.text[0])
        return job_fail(j, ERR_BAD_REQUEST);
    struct args *a = job_args(j);
    args_key(a, key_turns(&j->session));
    args_id(a, &j->turn);
    args_u64(a, j->config->answer_keep_ms);
    enum err err = job_ask_redis(j, 0, SCRIPT_TURN_STOP);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_STOP_TAKE);
}

enum step stop_take(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    failpoint(FAILPOINT_STORE_STOP_FLAGGED);
    return grid_u64(&j->got[0].grid, 0, 0) ? job_say_done(j) : job_fail(j, ERR_NOT_FOUND);
}

/* ---- abort ---- */

enum step abort_start(struct job *j)
{
    const struct turn_abort_request *ask = &j->ask.abort;

    if (!job_ids(j, ask->session, ask->conversation, ask->turn_id) || !j->chat.text[0] ||
        !j->turn.text[0] || !turn_number_is_sane(ask->epoch) || !turn_number_is_sane(ask->seq) ||
        !turn_number_is_sane(ask->asked_at))
        return job_fail(j, ERR_BAD_REQUEST);
    return ask->interrupted ? STEP_ABORT_ASK_KEEP : STEP_ABORT_ASK;
}

enum step abort_ask_keep(struct job *j)
{
    const struct turn_abort_request *ask = &j->ask.abort;
    const struct interruption        what = {.seq = ask->seq,
                                             .epoch = ask->epoch,
                                             .at = ask->asked_at,
                                             .question = ask->user_text,
                                             .answer = ask->answer,
                                             .model = ask->model};

    turn_interrupt_args(job_args(j), j, &what);
    return job_ask_pg(j, 0, STATEMENT_INTERRUPT) ? job_say_done(j)
                                                 : job_park(j, STEP_ABORT_TAKE_KEEP);
}

/* Not kept: its lease is left to run out, and the sweep tries again. */
enum step abort_take_keep(struct job *j)
{
    if (j->got[0].err)
        return job_say_done(j);
    metric_add(METRIC_TURNS_INTERRUPTED, grid_u64(&j->got[0].grid, 0, 0) ? 1 : 0);
    return STEP_ABORT_ASK;
}

enum step abort_ask(struct job *j)
{
    const struct turn_abort_request *ask = &j->ask.abort;

    metric_add(METRIC_TURNS_ABORTED, 1);
    job_note(j, "turn.aborted", STR(""), ask->reason);
    enum err err =
        budget_is_set(j->config) ? budget_ask_settle(j, 1, ask->epoch, ask->spent != 0) : ERR_OK;
    turn_end_args(job_args(j), j, ask->epoch, "aborted", ask->reason);
    j->got[0].err = job_ask_redis(j, 0, SCRIPT_TURN_END); /* without Redis there is no lease */
    j->got[1].err = err;
    return j->waiting ? job_park(j, STEP_ABORT_TAKE) : STEP_ABORT_TAKE;
}

/* The lease runs out by itself; the reserve would stay counted, so it is worth another try. */
enum step abort_take(struct job *j)
{
    failpoint(FAILPOINT_STORE_ABORT_DONE);
    return j->got[1].err ? job_fail(j, job_trouble(j->got[1].err)) : job_say_done(j);
}
