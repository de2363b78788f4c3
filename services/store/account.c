/* The session of an account: session_open_request of somebody who is signed in.
 *
 *   find the session of the account ──► there is one: open it
 *         │ none, or it has ended
 *         ▼
 *   is the former session busy? (Redis) ──► yes: busy
 *         ▼
 *   tie the account to a session (Postgres) ──► find it
 *
 * 1. An account has one person, and so one session at a time, however many devices ask at once:
 *    tying begins with a lock on the account's row.
 * 2. A person whose session ended gets the new id, and keeps their chats.
 * 3. The person of the former session is taken over under the new id too, never under the old one:
 *    whoever else may have the old cookie must not read on.
 * 4. The old id is closed like one that was cleared.  What would still be kept under it would be
 *    lost, so nothing is taken over while something is on its way.
 * 5. All of this is in Postgres.  While it is away, who has a cookie goes on; nobody is matched. */
#include <string.h>

#include "base/log.h"
#include "clear.h"
#include "enter.h"

static void find_args(struct args *a, const struct job *j)
{
    args_bytes(a, j->ask.open.account);
    args_id(a, &j->former);
    args_u64(a, j->config->session_idle_ms);
    args_u64(a, j->config->session_life_ms);
}

static bool is_hash(struct str account)
{
    for (size_t i = 0; i < account.len; i++)
        if (!memchr("0123456789abcdef", account.p[i], 16))
            return false;
    return account.len == 64;
}

static enum step ask_find(struct job *j, enum step then)
{
    find_args(job_args(j), j);
    enum err err = job_ask_pg(j, 0, STATEMENT_ACCOUNT_FIND);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, then);
}

enum step account_ask(struct job *j)
{
    const struct session_open_request *ask = &j->ask.open;

    if (!is_hash(ask->account) || !job_ids(j, ask->session, ask->former, STR("")))
        return job_fail(j, ERR_BAD_REQUEST);
    j->former = j->chat; /* read there as an id that may be missing */
    j->chat = (struct uuid){{0}};
    return ask_find(j, STEP_ACCOUNT_TAKE);
}

/* The session of the account, as found; empty if it has none that lives. */
static struct uuid found(const struct job *j)
{
    return grid_id(&j->got[0].grid, 0, 0);
}

enum step account_take(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    struct uuid session = found(j);
    if (session.text[0])
        return enter(j, uuid_str(&session), false, STEP_OPEN_ASK_LINES);
    return j->former.text[0] ? STEP_ACCOUNT_ASK_BUSY : STEP_ACCOUNT_ASK_TIE;
}

enum step account_ask_busy(struct job *j)
{
    struct args *a = job_args(j);

    args_key(a, key_turns(&j->former));
    args_key(a, key_spooled(&j->former));
    return job_ask_redis(j, 0, SCRIPT_SESSION_BUSY) ? job_fail(j, ERR_STORE_DOWN)
                                                    : job_park(j, STEP_ACCOUNT_TAKE_BUSY);
}

enum step account_take_busy(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    return grid_is(&j->got[0].grid, 0, 0, "1") ? job_fail_later(j, ERR_BUSY, 1000)
                                               : STEP_ACCOUNT_ASK_TIE;
}

enum step account_ask_tie(struct job *j)
{
    struct args    account = {0}, take_over = {0}, make = {0};
    struct pg_item items[] = {{STATEMENT_ACCOUNT_LOCK, &account},
                              {STATEMENT_ACCOUNT_TAKE_OVER, &take_over},
                              {STATEMENT_ACCOUNT_MAKE, &make},
                              {STATEMENT_ACCOUNT_CLOSE_FORMER, &account}};

    args_bytes(&account, j->ask.open.account);
    find_args(&take_over, j);
    args_id(&take_over, &j->session);
    args_bytes(&make, j->ask.open.account);
    args_id(&make, &j->session);
    enum err err = job_ask_pg_items(j, 0, items, COUNT_OF(items));
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_ACCOUNT_TAKE_TIE);
}

/* What Redis has of the former session is of no use any more, nor in anybody's way. */
static void drop_former(struct job *j)
{
    struct args a = {0};
    struct key  answers = key_answers(&j->former);

    clear_redis_args(&a, &j->former, &answers);
    if (j->world->ask_redis(j->world->ctx, SCRIPT_SESSION_CLEAR, &a, NULL, 0))
        log_trace(j->handle, "store.undropped", "why=\"redis is away\"");
}

/* The answer of a transaction is that of its first statement, so what came of it is looked for. */
enum step account_take_tie(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    return ask_find(j, STEP_ACCOUNT_TAKE_TIED);
}

enum step account_take_tied(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    struct uuid session = found(j);
    if (!session.text[0])
        return job_fail_later(j, ERR_BUSY, 1000); /* it was cleared in this very moment */
    if (j->former.text[0] && grid_u64(&j->got[0].grid, 0, 1))
        drop_former(j);
    return enter(j, uuid_str(&session), false, STEP_OPEN_ASK_LINES);
}
