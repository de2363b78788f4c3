/* turn_begin_request: may this turn begin now, and what is needed to answer it?
 *
 *   snapshot of Postgres ──► committed already? replay
 *         │    ▲    ▲        no such conversation, session over? refuse
 *         │    │    └──      it begins a branch: create that first, see fork.c
 *         ▼    │ stale
 *   request the grant from Redis, the context from Postgres ──► follow, busy, limited: reply
 *         │
 *         ▼
 *   request the reserve from Postgres, if there is a budget ──► it does not fit: refuse
 *         │
 *         ▼
 *      granted (grant.c)
 *
 *   find it in Redis, if Postgres is unavailable or does not have it yet ──► follow, replay
 *
 * 1. Postgres is asked first: without it no turn begins; only what was begun or spooled before is
 *    given back.
 * 2. Redis decides alone and at once: limits, the lease, one running turn for each conversation.
 * 3. What Postgres said may be outdated when Redis decides.  Redis remembers the last commits and
 *    answers stale; then a new snapshot is taken.
 * 4. Without Redis the turn is granted from what Postgres knows.  Two grants in one conversation
 *    are possible then; the fence at the commit lets one of them through.
 * 5. The reserve comes last, when nothing else can refuse; if it does not fit, the grant is given
 *    back.  From then on it is settled by the commit or the abort.
 * 6. If the gateway gave the turn up before it was granted, grant and reserve are given back, so
 *    that the next try need not wait for the lease to expire and no money is lost.
 * 7. A gateway that gets no answer from one store asks another one.  Both grant the same lease, and
 *    it is given back when the last of them does so. */
#include <string.h>

#include "base/failpoint.h"
#include "begin_reply.h"
#include "fork.h"
#include "redis/keys.h"

static bool decode(struct job *j, struct str body)
{
    return turn_begin_request_decode(&begin_of(j)->request, body) == ERR_OK;
}

static void fini(struct job *j)
{
    snapshot_fini(&begin_of(j)->snapshot);
}

const struct flow flow_begin = {.message = MSG_TURN_BEGIN_REQUEST,
                                .size = sizeof(struct begin),
                                .first = STEP_BEGIN_START,
                                .decode = decode,
                                .fini = fini};

static bool has_nul(struct str s)
{
    return s.len && memchr(s.p, 0, s.len);
}

struct uuid begin_new_conversation(const struct begin *b)
{
    char name[2 * UUID_LEN + 1];

    str_format(name, sizeof name, "%s%s", b->job.session.text, b->job.turn.text);
    return uuid_derive("conversation", str_of(name));
}

/* Which conversation the snapshot is of: the one that was named, or will be if the turn begins one.
 */
static bool set_conversation(struct begin *b)
{
    const struct turn_begin_request *request = &b->request;

    if (request->branch && !request->new_conversation)
        return fork_prepare(b);
    if (request->new_conversation && (request->branch || b->job.conversation.text[0]))
        return false;
    if (request->new_conversation)
        b->job.conversation = begin_new_conversation(b);
    return true;
}

enum step begin_start(struct job *j)
{
    struct begin                    *b = begin_of(j);
    const struct turn_begin_request *request = &b->request;

    /* Postgres cannot store U+0000, so it is refused before the model is paid to answer it. */
    if (!job_read_ids(j, request->session, request->conversation, request->turn_id) ||
        !j->turn.text[0] || !request->text.len || has_nul(request->text) || !set_conversation(b))
        return job_fail(j, ERR_BAD_REQUEST);
    return STEP_BEGIN_REQUEST_SNAPSHOT;
}

/* Again after a branch was created, and when the last snapshot was outdated. */
enum step begin_request_snapshot(struct job *j)
{
    struct begin *b = begin_of(j);
    struct uuid   fresh = j->conversation.text[0] ? j->conversation : begin_new_conversation(b);

    return snapshot_request(j, b->request.text, &fresh) ? STEP_BEGIN_REQUEST_FIND
                                                        : job_await(j, STEP_BEGIN_AWAIT_SNAPSHOT);
}

enum step begin_await_snapshot(struct job *j)
{
    struct begin                  *b = begin_of(j);
    const struct sql_snapshot_row *row = &b->snapshot.row;
    enum err                       err = job_public_error(j->answer[0].err);

    if (j->answer[0].err)
        return err == ERR_STORE_DOWN ? STEP_BEGIN_REQUEST_FIND : job_fail(j, err);
    snapshot_take(&b->snapshot, j);
    bool is_found = row->conversation.text[0] != '\0';
    if (snapshot_is(&b->snapshot, "cleared"))
        return job_fail(j, ERR_SIGNED_OUT);
    if (row->status.len)
        return row->same_text ? begin_reply_replay(b) : job_fail(j, ERR_TURN_ID_REUSED);
    if (!is_found && row->fresh_is_used)
        return job_fail(j, ERR_NOT_FOUND);
    if (b->request.branch && !is_found)
        return b->is_forked ? job_fail(j, ERR_NOT_FOUND) : STEP_FORK_REQUEST;
    failpoint(FAILPOINT_STORE_BEGIN_READ);
    return STEP_GRANT_REQUEST;
}

/* ---- without Postgres ---- */

enum step begin_request_find(struct job *j)
{
    const struct lua_turn_find p = {.turns = keys_turns(&j->session),
                                    .spooled = keys_spooled(&j->session),
                                    .spool =
                                        keys_of_bucket(keys_session_bucket(&j->session), "spool"),
                                    .turn = param_uuid(&j->turn),
                                    .text = param_text(begin_of(j)->request.text)};

    return job_request_redis(j, 0, lua_turn_find(&j->args, &p))
               ? job_fail(j, ERR_STORE_DOWN)
               : job_await(j, STEP_BEGIN_AWAIT_FIND);
}

enum step begin_await_find(struct job *j)
{
    struct lua_turn_find_row row = lua_turn_find_row(&j->answer[0].set, 0);

    if (j->answer[0].err)
        return job_fail(j, ERR_STORE_DOWN);
    if (str_is(row.outcome, "same_id"))
        return job_fail(j, ERR_TURN_ID_REUSED);
    if (str_is(row.outcome, "follow"))
        return begin_reply_follow(begin_of(j), row.found, 0);
    if (str_is(row.outcome, "spooled"))
        return begin_reply_replay_spooled(begin_of(j), row.found);
    return job_fail(j, ERR_STORE_DOWN);
}
