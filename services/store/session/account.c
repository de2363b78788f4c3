/* The session of an account: session_open_request of a user who is signed in.
 *
 *   request the session of the account ──► it has one: open it
 *         │ none, or it has ended
 *         ▼
 *   is the former session busy? (Redis) ──► yes: busy
 *         ▼
 *   link the account to a session (Postgres) ──► request it again
 *
 * 1. An account has one user, and so one session at a time, however many devices ask at once:
 *    linking begins with a lock on the row of the account.
 * 2. A user whose session ended gets the new id, and keeps the conversations.
 * 3. The user of the former session is taken over under the new id too, never under the old one:
 *    whoever else may have the old cookie must not be able to read on.
 * 4. The old id is closed like one that was cleared.  Whatever is still committed under it would be
 *    lost, so nothing is taken over while something is on its way.
 * 5. All of this is in Postgres.  While it is unavailable, users with a cookie continue; nobody is
 *    matched to an account. */
#include <string.h>

#include "base/log.h"
#include "open.h"
#include "redis/keys.h"
#include "session_drop.h"

#define BUSY_RETRY_MS 1000

static bool is_hash(struct str account)
{
    for (size_t i = 0; i < account.len; i++)
        if (!memchr("0123456789abcdef", account.p[i], 16))
            return false;
    return account.len == 64;
}

static enum step request_session(struct job *j, enum step then)
{
    struct open                  *o = open_of(j);
    const struct sql_account_find p = {.account = param_text(o->request.account),
                                       .former = param_uuid(&o->former),
                                       .idle_ms = param_u64(j->config->session_idle_ms),
                                       .life_ms = param_u64(j->config->session_life_ms)};
    enum err                      err = job_request_sql(j, 0, sql_account_find(&j->args, &p));

    return err ? job_fail(j, job_public_error(err)) : job_await(j, then);
}

enum step account_request(struct job *j)
{
    struct open                       *o = open_of(j);
    const struct session_open_request *request = &o->request;

    if (!is_hash(request->account) || !job_read_ids(j, request->session, request->former, STR("")))
        return job_fail(j, ERR_BAD_REQUEST);
    o->former = j->conversation; /* read there as an id that may be missing */
    j->conversation = (struct uuid){{0}};
    return request_session(j, STEP_ACCOUNT_AWAIT);
}

enum step account_await(struct job *j)
{
    struct open *o = open_of(j);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    struct uuid session = sql_account_find_row(&j->answer[0].set, 0).session;
    if (session.text[0])
        return enter_start(&o->enter, uuid_str(&session), false, STEP_OPEN_REQUEST_PAGE);
    return o->former.text[0] ? STEP_ACCOUNT_REQUEST_BUSY : STEP_ACCOUNT_REQUEST_LINK;
}

enum step account_request_busy(struct job *j)
{
    struct open                  *o = open_of(j);
    const struct lua_session_busy p = {.turns = keys_turns(&o->former),
                                       .spooled = keys_spooled(&o->former)};

    return job_request_redis(j, 0, lua_session_busy(&j->args, &p))
               ? job_fail(j, ERR_STORE_DOWN)
               : job_await(j, STEP_ACCOUNT_AWAIT_BUSY);
}

enum step account_await_busy(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    return lua_session_busy_row(&j->answer[0].set, 0).busy
               ? job_fail_later(j, ERR_BUSY, BUSY_RETRY_MS)
               : STEP_ACCOUNT_REQUEST_LINK;
}

enum step account_request_link(struct job *j)
{
    struct open                       *o = open_of(j);
    struct args                        args[4];
    const struct param_text            account = param_text(o->request.account);
    const struct param_uuid            session = param_uuid(&j->session);
    const struct sql_account_lock      lock = {.account = account};
    const struct sql_account_take_over take_over = {
        .account = account,
        .former = param_uuid(&o->former),
        .idle_ms = param_u64(j->config->session_idle_ms),
        .life_ms = param_u64(j->config->session_life_ms),
        .session = session};
    const struct sql_account_make         make = {.account = account, .session = session};
    const struct sql_account_close_former close = {.account = account};
    const struct sql_call                 calls[] = {
                        sql_account_lock(&args[0], &lock),
                        sql_account_take_over(&args[1], &take_over),
                        sql_account_make(&args[2], &make),
                        sql_account_close_former(&args[3], &close),
    };

    enum err err = job_request_transaction(j, 0, calls, COUNT_OF(calls));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_ACCOUNT_AWAIT_LINK);
}

/* The answer of a transaction is that of its first statement, so the result is requested again. */
enum step account_await_link(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    return request_session(j, STEP_ACCOUNT_AWAIT_LINKED);
}

/* What Redis has of the former session is not needed any more, and harms nobody. */
static void drop_former(struct open *o)
{
    struct args args;
    struct key  answers;

    if (job_send_redis(&o->enter.job, session_drop(&args, &o->former, &answers)))
        log_trace(o->enter.job.handle, "store.cache_drop_failed", "why=\"redis is unavailable\"");
}

enum step account_await_linked(struct job *j)
{
    struct open *o = open_of(j);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    struct sql_account_find_row row = sql_account_find_row(&j->answer[0].set, 0);
    if (!row.session.text[0])
        return job_fail_later(j, ERR_BUSY, BUSY_RETRY_MS); /* it was cleared at this moment */
    if (o->former.text[0] && row.is_former)
        drop_former(o);
    return enter_start(&o->enter, uuid_str(&row.session), false, STEP_OPEN_REQUEST_PAGE);
}
