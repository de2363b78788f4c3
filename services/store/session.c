/* A person's session: session_open_request and session_save_request.
 *
 *   open:  enter, of an account see account.c
 *            └──► ask Postgres for the newest messages of the current chat
 *                        │ away
 *                        ▼
 *                    ask Redis for those it remembers
 *   save:  enter ──► Postgres ──► Redis, if the key changes
 *
 * A key lies in Postgres, or in Redis only if the person does not want it remembered; both carry
 * the time they were set, and the newer decision counts.  So a copy in Redis that could not be
 * deleted is harmless, and deleting it only tidiness. */
#include <stdlib.h>

#include "base/failpoint.h"
#include "budget.h"
#include "enter.h"
#include "history.h"
#include "look.h"

/* ---- open ---- */

enum { PLACE_LINES, PLACE_BRANCHES };

enum step open_enter(struct job *j)
{
    if (j->ask.open.account.len)
        return STEP_ACCOUNT_ASK;
    return enter(j, j->ask.open.session, j->ask.open.create != 0, STEP_OPEN_ASK_LINES);
}

static enum step say_opened(struct job *j, const struct grid *page)
{
    struct session_open_reply *say = mem_new(sizeof *say);
    struct entered            *e = &j->entered;
    struct buf                 body = {0};

    if (page && e->pg_away)
        say->messages_count =
            history_window_lines(page, 0, say->messages, &say->more_before, &e->chat);
    else if (page)
        say->messages_count = history_lines(page, say->messages, &say->more_before);
    if (page && !e->pg_away && !j->got[PLACE_BRANCHES].err)
        say->branches_count = history_branches(&j->got[PLACE_BRANCHES].grid, say->branches);
    say->session = uuid_str(&j->session);
    say->created_at = e->created_at;
    say->expires_at = e->expires_at;
    say->model = e->model;
    say->sealed_key = entered_key(j, &say->key_hint);
    say->conversation = uuid_str(&e->chat);
    say->running_turn = uuid_str(&e->running);
    say->running_text = entered_running_text(j);
    say->remaining = e->remaining;
    say->from_cache = e->pg_away;
    if (!e->pg_away) /* a new session has spent nothing, and was not looked at */
        budget_tell(j->config, look_u64(j, LOOK_COUNTED), &say->has_budget, &say->budget_left);
    session_open_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}

enum step open_ask_lines(struct job *j)
{
    struct entered *e = &j->entered;

    if (e->pg_away)
        return STEP_OPEN_ASK_WINDOW;
    if (!e->known || !e->chat.text[0] || !j->ask.open.page)
        return say_opened(j, NULL);
    history_args(job_args(j), j, &e->chat, 0, j->ask.open.page);
    if (job_ask_pg(j, PLACE_LINES, STATEMENT_HISTORY))
        return STEP_OPEN_ASK_WINDOW;
    history_branch_args(job_args(j), j, &e->chat, 0, j->ask.open.page);
    j->got[PLACE_BRANCHES].err = job_ask_pg(j, PLACE_BRANCHES, STATEMENT_BRANCHES);
    return job_park(j, STEP_OPEN_TAKE_LINES);
}

enum step open_take_lines(struct job *j)
{
    const struct job_answer *lines = &j->got[PLACE_LINES];

    return lines->err ? STEP_OPEN_ASK_WINDOW : say_opened(j, &lines->grid);
}

enum step open_ask_window(struct job *j)
{
    j->entered.pg_away = true;
    history_window_args(job_args(j), j, &j->entered.chat);
    return job_ask_redis(j, 0, SCRIPT_WINDOW) ? say_opened(j, NULL)
                                              : job_park(j, STEP_OPEN_TAKE_WINDOW);
}

enum step open_take_window(struct job *j)
{
    return say_opened(j, j->got[0].err || !j->ask.open.page ? NULL : &j->got[0].grid);
}

/* ---- save ---- */

enum step save_enter(struct job *j)
{
    const struct session_save_request *ask = &j->ask.save;

    if (ask->key_change == KEY_SET && !ask->sealed_key.len)
        return job_fail(j, ERR_BAD_REQUEST);
    return enter(j, ask->session, false, STEP_SAVE_ASK_PG);
}

static bool is_kept_in_postgres(const struct session_save_request *ask)
{
    return ask->key_change == KEY_SET && ask->remember;
}

/* The id of the workers' key stands in front of what was sealed with it: its length, then itself.
 */
static struct str key_id(struct str sealed)
{
    size_t len = sealed.len ? (unsigned char)sealed.p[0] : 0;

    if (len + 1 > sealed.len || !str_is_utf8((struct str){sealed.p + 1, len}))
        return STR("");
    return (struct str){sealed.p + 1, len};
}

/* For the audit log. */
static const char *what_changes(const struct session_save_request *ask)
{
    static const char *const words[3][2] = {
        {"nothing", "model"},
        {"key set", "key set, model"},
        {"key deleted", "key deleted, model"},
    };
    return words[ask->key_change][ask->model_change];
}

enum step save_ask_pg(struct job *j)
{
    const struct session_save_request *ask = &j->ask.save;
    bool                               keep = is_kept_in_postgres(ask);
    struct args                       *a = job_args(j);

    j->saved_at = j->world->wall_ms(j->world->ctx);
    args_id(a, &j->session);
    args_u64(a, ask->key_change);
    args_bytes(a, keep ? ask->sealed_key : STR(""));
    args_bytes(a, keep ? key_id(ask->sealed_key) : STR(""));
    args_bytes(a, keep ? ask->key_hint : STR(""));
    args_u64(a, j->saved_at);
    args_u64(a, ask->model_change);
    args_bytes(a, ask->model);
    args_bytes(a, ask->address_hash);
    args_text(a, what_changes(ask));
    enum err err = job_ask_pg(j, 0, STATEMENT_SAVE);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_SAVE_TAKE_PG);
}

enum step save_take_pg(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    if (!grid_u64(&j->got[0].grid, 0, 0))
        return job_fail(j, ERR_SIGNED_OUT); /* it was cleared meanwhile */
    failpoint(FAILPOINT_STORE_SETTINGS_SAVED);
    return j->ask.save.key_change == KEY_LEAVE ? job_say_done(j) : STEP_SAVE_ASK_REDIS;
}

static bool is_kept_in_redis(const struct session_save_request *ask)
{
    return ask->key_change == KEY_SET && !ask->remember;
}

enum step save_ask_redis(struct job *j)
{
    const struct session_save_request *ask = &j->ask.save;
    struct args                       *a = job_args(j);

    args_key(a, key_session(&j->session));
    args_bytes(a, is_kept_in_redis(ask) ? ask->sealed_key : STR(""));
    args_bytes(a, ask->key_hint);
    args_u64(a, j->saved_at);
    args_u64(a, j->config->session_idle_ms);
    args_u64(a, j->config->session_life_ms);
    if (!job_ask_redis(j, 0, SCRIPT_SESSION_SAVE))
        return job_park(j, STEP_SAVE_TAKE_REDIS);
    return is_kept_in_redis(ask) ? job_fail(j, ERR_STORE_DOWN) : job_say_done(j);
}

enum step save_take_redis(struct job *j)
{
    if (j->got[0].err && is_kept_in_redis(&j->ask.save))
        return job_fail(j, ERR_STORE_DOWN);
    failpoint(FAILPOINT_STORE_SETTINGS_DONE);
    return job_say_done(j);
}
