/* The part of turn_begin_request that creates a branch.
 *
 *   request it from Postgres ──► created, or it existed: a new snapshot, of the branch
 *        │      └──► no such conversation, too many branches of branches: refuse
 *        │ no such turn
 *        ▼
 *   ask Redis ──► it is being answered, or waits for Postgres: busy
 *        │
 *        ▼
 *   no such turn
 *
 * The branch exists before the grant, so from here on it is a conversation like any other.  One in
 * which no turn is committed is not listed, and expires after a while (upkeep/retention.c). */
#include "fork.h"
#include "base/failpoint.h"
#include "redis/keys.h"

bool fork_prepare(struct begin *b)
{
    struct job *j = &b->job;
    uint64_t    after = b->request.after_seq;
    struct buf  name = {0};

    if (!j->conversation.text[0] || !param_fits_bigint(after))
        return false;
    b->forked_from = j->conversation;
    buf_print(&name, "%s%s%s%llu", j->session.text, j->turn.text, j->conversation.text,
              (unsigned long long)after);
    j->conversation = uuid_derive("branch", buf_view(&name));
    buf_fini(&name);
    return true;
}

enum step fork_request(struct job *j)
{
    struct begin                      *b = begin_of(j);
    const struct sql_conversation_fork p = {.session = param_uuid(&j->session),
                                            .conversation = param_uuid(&b->forked_from),
                                            .branch = param_uuid(&j->conversation),
                                            .after_seq = param_u64(b->request.after_seq),
                                            .text = param_text(b->request.text)};

    b->is_forked = true;
    enum err err = job_request_sql(j, 0, sql_conversation_fork(&j->args, &p));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_FORK_AWAIT);
}

enum step fork_await(struct job *j)
{
    struct sql_conversation_fork_row row = sql_conversation_fork_row(&j->answer[0].set, 0);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    if (!row.conversations)
        return job_fail(j, ERR_NOT_FOUND);
    if (!row.turns)
        return STEP_FORK_REQUEST_WAITS;
    if (row.is_too_deep)
        return job_fail(j, ERR_TOO_DEEP);
    failpoint(FAILPOINT_STORE_FORKED);
    return STEP_BEGIN_REQUEST_SNAPSHOT;
}

enum step fork_request_waits(struct job *j)
{
    const struct lua_conversation_waits p = {.turns = keys_turns(&j->session),
                                             .spooled = keys_spooled(&j->session),
                                             .conversation = param_uuid(&begin_of(j)->forked_from)};

    return job_request_redis(j, 0, lua_conversation_waits(&j->args, &p))
               ? job_fail(j, ERR_NOT_FOUND)
               : job_await(j, STEP_FORK_AWAIT_WAITS);
}

enum step fork_await_waits(struct job *j)
{
    bool waits = lua_conversation_waits_row(&j->answer[0].set, 0).waits;

    return job_fail(j, waits ? ERR_BUSY : ERR_NOT_FOUND);
}
