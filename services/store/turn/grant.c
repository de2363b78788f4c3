/* The second half of turn_begin_request: the grant of Redis, the context, and the reserve of the
 * budget. begin.c draws the whole flow. */
#include "base/failpoint.h"
#include "base/log.h"
#include "begin_reply.h"
#include "budget.h"
#include "redis/keys.h"
#include "turn_end.h"

#define CONTEXT_BYTES (256 * 1024)
#define SNAPSHOTS_MAX 4
#define RESERVES_MAX  4

/* Was a conversation named that Postgres does not know?  Its first turn may have failed, which only
 * Redis remembers; otherwise it does not belong to this session. */
static bool is_claimed(const struct begin *b)
{
    struct uuid fresh = begin_new_conversation(b);

    return b->job.conversation.text[0] && !b->snapshot.row.conversation.text[0] &&
           !str_eq(uuid_str(&b->job.conversation), uuid_str(&fresh));
}

static struct uuid conversation_of(const struct begin *b)
{
    if (b->snapshot.row.conversation.text[0])
        return b->snapshot.row.conversation;
    return b->job.conversation.text[0] ? b->job.conversation : begin_new_conversation(b);
}

static enum err request_grant(struct begin *b, const struct uuid *conversation)
{
    struct job                    *j = &b->job;
    const struct config           *c = j->config;
    const struct sql_snapshot_row *row = &b->snapshot.row;
    bool                           is_known = snapshot_is(&b->snapshot, "known");
    const struct lua_turn_begin    p = {.session = keys_session(&j->session),
                                        .turns = keys_turns(&j->session),
                                        .limit = keys_session_limit(&j->session, "chat"),
                                        .answer = keys_answer(&j->session, &j->turn),
                                        .spooled = keys_spooled(&j->session),
                                        .leases = keys_session_leases(&j->session),
                                        .turn = param_uuid(&j->turn),
                                        .conversation = param_uuid(conversation),
                                        .text = param_text(b->request.text),
                                        .last_seq = param_u64(row->last_seq),
                                        .epoch_kept = param_u64(row->epoch),
                                        .created_at = param_u64(is_known ? row->created_at : 0),
                                        .is_claimed = param_flag(is_claimed(b)),
                                        .lease_ms = param_u64(c->lease_ms),
                                        .keep_ms = param_u64(c->answer_keep_ms),
                                        .idle_ms = param_u64(c->session_idle_ms),
                                        .life_ms = param_u64(c->session_life_ms),
                                        .per_minute = param_u64(c->messages_per_minute),
                                        .max_running = param_u64(c->turns_per_session),
                                        .request_nonce = param_u64(b->request.request_nonce)};

    return job_request_redis(j, BEGIN_SLOT_GRANT, lua_turn_begin(&j->args, &p));
}

static enum err request_context(struct begin *b, const struct uuid *conversation)
{
    struct job                   *j = &b->job;
    struct job_answer            *answer = &j->answer[BEGIN_SLOT_CONTEXT];
    const struct sql_turn_context p = {.session = param_uuid(&j->session),
                                       .conversation = param_uuid(conversation),
                                       .last_seq = param_u64(b->snapshot.row.last_seq),
                                       .turns = param_u64(b->request.window / 2),
                                       .max_bytes = param_u64(CONTEXT_BYTES)};

    result_set_fini(&answer->set);
    answer->err = ERR_OK;
    if (!b->snapshot.row.last_seq || b->request.window < 2)
        return ERR_OK;
    return job_request_sql(j, BEGIN_SLOT_CONTEXT, sql_turn_context(&j->args, &p));
}

enum step grant_request(struct job *j)
{
    struct begin *b = begin_of(j);
    struct uuid   conversation = conversation_of(b);

    if (j->cancelled)
        return job_fail(j, ERR_STOPPED);
    enum err err = request_context(b, &conversation);
    if (err)
        return job_fail(j, job_public_error(err));
    err = request_grant(b, &conversation);
    if (err && snapshot_is(&b->snapshot, "ended"))
        return job_fail(j, ERR_SIGNED_OUT);
    if (err && is_claimed(b))
        return job_fail(j, ERR_NOT_FOUND);
    if (err)
        j->answer[BEGIN_SLOT_GRANT].err = err; /* without Redis nothing else arrives at this slot */
    j->conversation = conversation;
    return j->waiting ? job_await(j, STEP_GRANT_AWAIT) : STEP_GRANT_AWAIT;
}

/* Granted, but the turn will not begin: nobody should wait for the lease to expire. */
static void give_back(struct begin *b)
{
    struct args           args;
    const struct turn_end end = {
        .epoch = begin_reply_epoch(b), .how = STR("given_back"), .code = STR("internal")};

    if (b->job.answer[BEGIN_SLOT_GRANT].err)
        return;
    if (job_send_redis(&b->job, turn_end(&args, &b->job, &end)))
        log_info(b->job.handle, "store.lease_left", "why=\"redis is unavailable\"");
}

static uint64_t reserved_epoch(const struct job *j)
{
    return sql_budget_reserve_row(&j->answer[BEGIN_SLOT_RESERVE].set, 0).epoch;
}

static enum step granted(struct begin *b)
{
    struct job *j = &b->job;
    uint64_t    epoch = reserved_epoch(j);

    if (!j->cancelled)
        return begin_reply_granted(b);
    give_back(b);
    if (epoch && budget_request_settle(j, BEGIN_SLOT_RESERVE, epoch, false))
        log_info(j->handle, "store.reserve_left", "why=\"postgres is unavailable\"");
    return job_fail(j, ERR_STOPPED);
}

static enum step limited(struct begin *b, const struct lua_turn_begin_row *grant)
{
    if (grant->is_first_refusal) /* one line a minute is enough for the log */
        job_audit(&b->job, "begin.refused", b->request.address_hash, STR("limited"));
    return job_fail_later(&b->job, ERR_LIMITED, grant->retry_after_ms);
}

static enum step not_granted(struct begin *b, const struct lua_turn_begin_row *grant)
{
    struct job *j = &b->job;

    if (str_is(grant->outcome, "follow"))
        return begin_reply_follow(b, uuid_str(&j->conversation), grant->remaining);
    if (str_is(grant->outcome, "spooled"))
        return STEP_BEGIN_REQUEST_FIND;
    if (str_is(grant->outcome, "limited"))
        return limited(b, grant);
    if (str_is(grant->outcome, "stale") && ++b->tries < SNAPSHOTS_MAX)
        return STEP_BEGIN_REQUEST_SNAPSHOT;
    if (str_is(grant->outcome, "same_id"))
        return job_fail(j, ERR_TURN_ID_REUSED);
    if (str_is(grant->outcome, "not_found"))
        return job_fail(j, ERR_NOT_FOUND);
    if (str_is(grant->outcome, "signed_out"))
        return job_fail(j, ERR_SIGNED_OUT);
    if (str_is(grant->outcome, "waiting"))
        return job_fail(j, ERR_STORE_DOWN);
    return job_fail(j, ERR_BUSY);
}

enum step grant_await(struct job *j)
{
    struct begin             *b = begin_of(j);
    const struct job_answer  *answer = &j->answer[BEGIN_SLOT_GRANT];
    struct lua_turn_begin_row grant = lua_turn_begin_row(&answer->set, 0);
    bool                      is_granted = answer->err || str_is(grant.outcome, "granted");
    enum err                  err = j->answer[BEGIN_SLOT_CONTEXT].err;

    if (err) {
        if (is_granted)
            give_back(b);
        return job_fail(j, job_public_error(err));
    }
    if (!is_granted)
        return not_granted(b, &grant);
    failpoint(FAILPOINT_STORE_BEGIN_GRANTED);
    return budget_is_set(j->config) && !j->cancelled ? STEP_GRANT_REQUEST_RESERVE : granted(b);
}

/* ---- the reserve ---- */

static enum step not_reserved(struct begin *b, enum err err)
{
    give_back(b);
    return job_fail(&b->job, err);
}

enum step grant_request_reserve(struct job *j)
{
    struct begin *b = begin_of(j);
    enum err      err = budget_request_reserve(j, BEGIN_SLOT_RESERVE, begin_reply_epoch(b));

    return err ? not_reserved(b, job_public_error(err)) : job_await(j, STEP_GRANT_AWAIT_RESERVE);
}

enum step grant_await_reserve(struct job *j)
{
    struct begin            *b = begin_of(j);
    const struct job_answer *answer = &j->answer[BEGIN_SLOT_RESERVE];

    if (answer->err == ERR_CONFLICT && ++b->tries < RESERVES_MAX)
        return STEP_GRANT_REQUEST_RESERVE; /* another one of this turn took the same epoch */
    if (answer->err)
        return not_reserved(b, job_public_error(answer->err));
    if (sql_budget_reserve_row(&answer->set, 0).is_cleared)
        return not_reserved(b, ERR_SIGNED_OUT);
    if (!reserved_epoch(j))
        return not_reserved(b, ERR_BUDGET);
    failpoint(FAILPOINT_STORE_BEGIN_RESERVED);
    return granted(b);
}
