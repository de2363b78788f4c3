/* Forgetting: session_clear_request and conversation_clear_request.
 *
 *   session:  Postgres ──► Redis
 *   chat:     enter ──► Redis ──► Postgres ──► to delete it, Redis again
 *
 * 1. What is forgotten leaves a mark without content, so that a turn which is just being answered
 *    cannot bring it back: its commit is fenced, and its gateway hears at the next renewal that it
 *    lost the turn.
 * 2. Forgetting a session is done only when both databases did it.  Doing it again is harmless, so
 *    after an error it is simply asked again.
 * 3. A turn may be kept after Redis forgot its chat and before Postgres did, and then Redis hears
 * of it once more.  So it forgets a chat that is deleted a second time. */
#include "clear.h"
#include "base/failpoint.h"
#include "enter.h"

/* ---- a session ---- */

enum step clear_ask_pg(struct job *j)
{
    if (!job_ids(j, j->ask.clear.session, STR(""), STR("")))
        return job_fail(j, ERR_BAD_REQUEST);
    args_id(job_args(j), &j->session);
    struct pg_item items[] = {{STATEMENT_SESSION_CLOSE, &j->args},
                              {STATEMENT_SESSION_WIPE, &j->args}};
    enum err       err = job_ask_pg_items(j, 0, items, COUNT_OF(items));
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_CLEAR_TAKE_PG);
}

enum step clear_take_pg(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    failpoint(FAILPOINT_STORE_CLEAR_DELETED);
    return STEP_CLEAR_ASK_REDIS;
}

void clear_redis_args(struct args *a, const struct uuid *session, const struct key *answers)
{
    args_key(a, key_session(session));
    args_key(a, key_turns(session));
    args_key(a, key_window(session));
    args_key(a, key_spooled(session));
    args_key(a, key_of_bucket(key_session_bucket(session), "spool"));
    args_key(a, key_session_limit(session, "chat"));
    args_key(a, key_session_limit(session, "key_test"));
    args_text(a, answers->text);
}

enum step clear_ask_redis(struct job *j)
{
    struct key answers = key_answers(&j->session);

    clear_redis_args(job_args(j), &j->session, &answers);
    enum err err = job_ask_redis(j, 0, SCRIPT_SESSION_CLEAR);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_CLEAR_TAKE_REDIS);
}

enum step clear_take_redis(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    failpoint(FAILPOINT_STORE_CLEAR_DONE);
    return job_say_done(j);
}

/* ---- a chat ---- */

enum step chat_enter(struct job *j)
{
    return enter(j, j->ask.chat_clear.session, false, STEP_CHAT_ASK_DROP);
}

enum err clear_ask_drop(struct job *j, const struct uuid *chat, bool is_delete)
{
    struct args *a = job_args(j);
    struct key   answers = key_answers(&j->session);

    args_key(a, key_turns(&j->session));
    args_key(a, key_window(&j->session));
    args_key(a, key_spooled(&j->session));
    args_key(a, key_of_bucket(key_session_bucket(&j->session), "spool"));
    args_id(a, chat);
    args_u64(a, is_delete);
    args_text(a, answers.text);
    return job_ask_redis(j, 0, SCRIPT_CHAT_DROP);
}

enum step chat_ask_drop(struct job *j)
{
    enum err err = clear_ask_drop(j, &j->entered.chat, j->ask.chat_clear.delete != 0);
    return err ? STEP_CHAT_ASK_PG : job_park(j, STEP_CHAT_TAKE_DROP);
}

enum step chat_take_drop(struct job *j)
{
    (void)j;
    failpoint(FAILPOINT_STORE_CONVERSATION_DROPPED);
    return STEP_CHAT_ASK_PG;
}

/* A long chat is invisible at once; what does not fit into one bite is left to wipe.c. */
enum err clear_ask_delete(struct job *j, const struct uuid *chat, struct str address_hash,
                          bool leave)
{
    struct args    wipe = {0};
    struct args   *a = job_args(j);
    struct pg_item items[] = {{STATEMENT_CHAT_CLOSE, a}, {STATEMENT_CHAT_WIPE, &wipe}};

    args_id(a, &j->session);
    args_id(a, chat);
    args_bytes(a, address_hash);
    args_u64(a, leave);
    args_id(&wipe, chat);
    return job_ask_pg_items(j, 0, items, COUNT_OF(items));
}

static enum err ask_leave(struct job *j)
{
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_bytes(a, j->ask.chat_clear.address_hash);
    return job_ask_pg(j, 0, STATEMENT_CHAT_LEAVE);
}

enum step chat_ask_pg(struct job *j)
{
    const struct conversation_clear_request *ask = &j->ask.chat_clear;
    enum err                                 err =
        ask->delete ? clear_ask_delete(j, &j->entered.chat, ask->address_hash, true) : ask_leave(j);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_CHAT_TAKE_PG);
}

enum step chat_take_pg(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    failpoint(FAILPOINT_STORE_CONVERSATION_DONE);
    if (!grid_u64(&j->got[0].grid, 0, 0))
        return job_fail(j, ERR_SIGNED_OUT);
    return j->ask.chat_clear.delete ? STEP_CHAT_ASK_DROP_AGAIN : job_say_done(j);
}

enum step chat_ask_drop_again(struct job *j)
{
    return clear_ask_drop(j, &j->entered.chat, true) ? job_say_done(j)
                                                     : job_park(j, STEP_CHAT_TAKE_DROP_AGAIN);
}

enum step chat_take_drop_again(struct job *j)
{
    return job_say_done(j);
}
