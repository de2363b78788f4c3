/* The part of turn_begin_request that makes a branch.
 *
 *   ask Postgres ──► made, or it was there: look again, at the branch
 *        │      └──► no such chat, too many branches of branches: refuse
 *        │ no such turn
 *        ▼
 *   ask Redis ──► it is being answered, or waits for Postgres: busy
 *        │
 *        ▼
 *   no such turn
 *
 * The branch is there before the grant, so from here on it is a chat like any other.  One in which
 * nothing is said after all is not shown, and forgotten after a while (forget.c). */
#include "fork.h"
#include "base/failpoint.h"
#include "turn.h"

#define DEPTH_MAX 32 /* as in statements.def */

enum fork_column { FORK_CHAT, FORK_TURN, FORK_DEPTH };

bool fork_prepare(struct job *j)
{
    uint64_t   after = j->ask.begin.after_seq;
    struct buf name = {0};

    if (!j->chat.text[0] || !turn_number_is_sane(after))
        return false;
    j->forked_from = j->chat;
    buf_print(&name, "%s%s%s%llu", j->session.text, j->turn.text, j->chat.text,
              (unsigned long long)after);
    j->chat = uuid_derive("branch", buf_view(&name));
    buf_fini(&name);
    return true;
}

enum step fork_ask(struct job *j)
{
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_id(a, &j->forked_from);
    args_id(a, &j->chat);
    args_u64(a, j->ask.begin.after_seq);
    args_bytes(a, j->ask.begin.text);
    j->is_forked = true;
    enum err err = job_ask_pg(j, 0, STATEMENT_FORK);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_FORK_TAKE);
}

enum step fork_take(struct job *j)
{
    const struct grid *said = &j->got[0].grid;

    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    if (!grid_u64(said, 0, FORK_CHAT))
        return job_fail(j, ERR_NOT_FOUND);
    if (!grid_u64(said, 0, FORK_TURN))
        return STEP_FORK_ASK_WAITS;
    if (grid_u64(said, 0, FORK_DEPTH) > DEPTH_MAX)
        return job_fail(j, ERR_TOO_DEEP);
    failpoint(FAILPOINT_STORE_FORKED);
    return STEP_BEGIN_ASK_LOOK;
}

enum step fork_ask_waits(struct job *j)
{
    struct args *a = job_args(j);

    args_key(a, key_turns(&j->session));
    args_key(a, key_spooled(&j->session));
    args_id(a, &j->forked_from);
    return job_ask_redis(j, 0, SCRIPT_CHAT_WAITS) ? job_fail(j, ERR_NOT_FOUND)
                                                  : job_park(j, STEP_FORK_TAKE_WAITS);
}

enum step fork_take_waits(struct job *j)
{
    return job_fail(j, grid_u64(&j->got[0].grid, 0, 0) ? ERR_BUSY : ERR_NOT_FOUND);
}
