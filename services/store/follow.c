/* turn_follow_request: what there is of an answer that is written elsewhere, and how it ended.
 *
 *   ask Redis ──► it runs, it was aborted, it is spooled: say so
 *         │ nothing known, or away
 *         ▼
 *   look at Postgres ──► it is kept
 *         ▼
 *   ask Postgres for the interrupted ──► it is one of them, or there is no such turn; with Redis
 *                                        away nobody can tell
 *
 * Whoever follows asks again and again with the bytes it has, so nothing here waits, and any store
 * can answer. */
#include <stdlib.h>

#include "budget.h"
#include "job.h"
#include "look.h"

enum redis_column {
    FOLLOW_STATE,
    FOLLOW_CHAT,
    FOLLOW_QUESTION,
    FOLLOW_MODEL,
    FOLLOW_TEXT,
    FOLLOW_CODE,
    FOLLOW_EPOCH
};
enum { INTERRUPTED_CHAT, INTERRUPTED_QUESTION, INTERRUPTED_ANSWER, INTERRUPTED_MODEL };

static struct str behind(struct str text, uint64_t after)
{
    if (after >= text.len)
        return (struct str){0};
    return (struct str){text.p + after, text.len - after};
}

static enum step say(struct job *j, const struct turn_follow_reply *said)
{
    struct buf body = {0};

    turn_follow_reply_encode(said, &body);
    return job_say(j, &body);
}

enum step follow_ask(struct job *j)
{
    const struct turn_follow_request *ask = &j->ask.follow;

    if (!job_ids(j, ask->session, STR(""), ask->turn_id) || !j->turn.text[0])
        return job_fail(j, ERR_BAD_REQUEST);
    struct args *a = job_args(j);
    args_key(a, key_turns(&j->session));
    args_key(a, key_answer(&j->session, &j->turn));
    args_key(a, key_spooled(&j->session));
    args_key(a, key_of_bucket(key_session_bucket(&j->session), "spool"));
    args_id(a, &j->turn);
    args_u64(a, ask->after);
    args_u64(a, LIMIT_ANSWER);
    j->is_blind = job_ask_redis(j, 0, SCRIPT_TURN_FOLLOW) != ERR_OK;
    return j->is_blind ? STEP_FOLLOW_ASK_LOOK : job_park(j, STEP_FOLLOW_TAKE);
}

static enum step say_spooled(struct job *j, struct str commit)
{
    struct turn_commit_request kept;

    if (turn_commit_request_decode(&kept, commit))
        return job_fail(j, ERR_STORE_DOWN);
    return say(j, &(struct turn_follow_reply){.outcome = FOLLOW_KEPT,
                                              .conversation = kept.conversation,
                                              .text = behind(kept.answer, j->ask.follow.after),
                                              .model = kept.model,
                                              .status = STR("spooled"),
                                              .finish_reason = kept.finish_reason,
                                              .prompt_tokens = kept.prompt_tokens,
                                              .completion_tokens = kept.completion_tokens,
                                              .cost = kept.cost,
                                              .epoch = kept.epoch,
                                              .seq = kept.seq});
}

static enum step say_as_redis(struct job *j, enum follow_outcome outcome)
{
    const struct grid *found = &j->got[0].grid;

    return say(j, &(struct turn_follow_reply){
                      .outcome = outcome,
                      .conversation = str_cut(grid_str(found, 0, FOLLOW_CHAT), UUID_LEN),
                      .question = str_cut(grid_str(found, 0, FOLLOW_QUESTION), LIMIT_QUESTION),
                      .model = str_cut(grid_str(found, 0, FOLLOW_MODEL), LIMIT_MODEL),
                      .text = str_cut(grid_str(found, 0, FOLLOW_TEXT), LIMIT_ANSWER),
                      .code = str_cut(grid_str(found, 0, FOLLOW_CODE), LIMIT_CODE),
                      .epoch = grid_u64(found, 0, FOLLOW_EPOCH)});
}

enum step follow_take(struct job *j)
{
    const struct grid *found = &j->got[0].grid;

    j->is_blind = j->got[0].err != ERR_OK;
    if (j->is_blind)
        return STEP_FOLLOW_ASK_LOOK;
    if (grid_is(found, 0, FOLLOW_STATE, "running"))
        return say_as_redis(j, FOLLOW_RUNNING);
    if (grid_is(found, 0, FOLLOW_STATE, "aborted"))
        return say_as_redis(j, FOLLOW_ABORTED);
    if (grid_is(found, 0, FOLLOW_STATE, "spooled"))
        return say_spooled(j, grid_str(found, 0, FOLLOW_TEXT));
    return STEP_FOLLOW_ASK_LOOK;
}

/* ---- kept ---- */

enum step follow_ask_look(struct job *j)
{
    struct uuid none = {{0}};
    enum err    err = look_ask(j, STR(""), &none);

    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_FOLLOW_TAKE_LOOK);
}

static enum step say_kept(struct job *j)
{
    struct str               answer = str_cut(look_str(j, LOOK_ANSWER), LIMIT_ANSWER);
    struct turn_follow_reply said = {
        .outcome = FOLLOW_KEPT,
        .conversation = look_str(j, LOOK_TURN_CHAT),
        .text = behind(answer, j->ask.follow.after),
        .model = str_cut(look_str(j, LOOK_TURN_MODEL), LIMIT_MODEL),
        .status = str_cut(look_str(j, LOOK_STATUS), LIMIT_STATUS),
        .finish_reason = str_cut(look_str(j, LOOK_FINISH_REASON), LIMIT_FINISH_REASON),
        .prompt_tokens = look_u64(j, LOOK_PROMPT_TOKENS),
        .completion_tokens = look_u64(j, LOOK_COMPLETION_TOKENS),
        .cost = grid_f64(&j->look, 0, LOOK_COST),
        .epoch = look_u64(j, LOOK_TURN_EPOCH),
        .seq = look_u64(j, LOOK_TURN_SEQ)};

    budget_tell(j->config, look_u64(j, LOOK_COUNTED), &said.has_budget, &said.budget_left);
    return say(j, &said);
}

enum step follow_take_look(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    look_take(j);
    if (look_is(j, LOOK_STATE, "cleared"))
        return job_fail(j, ERR_SIGNED_OUT);
    return look_str(j, LOOK_STATUS).len ? say_kept(j) : STEP_FOLLOW_ASK_INTERRUPTED;
}

/* ---- interrupted ---- */

enum step follow_ask_interrupted(struct job *j)
{
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_id(a, &j->turn);
    enum err err = job_ask_pg(j, 0, STATEMENT_INTERRUPTED);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_FOLLOW_TAKE_INTERRUPTED);
}

enum step follow_take_interrupted(struct job *j)
{
    const struct grid *found = &j->got[0].grid;

    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    if (!found->rows)
        return job_fail(j, j->is_blind ? ERR_STORE_DOWN : ERR_NOT_FOUND);
    struct str answer = str_cut(grid_str(found, 0, INTERRUPTED_ANSWER), LIMIT_ANSWER);
    return say(j, &(struct turn_follow_reply){
                      .outcome = FOLLOW_INTERRUPTED,
                      .conversation = grid_str(found, 0, INTERRUPTED_CHAT),
                      .question = str_cut(grid_str(found, 0, INTERRUPTED_QUESTION), LIMIT_QUESTION),
                      .model = str_cut(grid_str(found, 0, INTERRUPTED_MODEL), LIMIT_MODEL),
                      .text = behind(answer, j->ask.follow.after)});
}
