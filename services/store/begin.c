/* turn_begin_request: may this be said now, and what is needed to answer it?
 *
 *   look at Postgres ──► kept already? replay
 *         │    ▲    ▲    no such chat, session over? refuse
 *         │    │    └──  it begins a branch: make that first, see fork.c
 *         ▼    │ stale
 *   ask Redis for the grant, Postgres for the context ──► follow, busy, limited: say so
 *         │
 *         ▼
 *   ask Postgres for the reserve, if there is a budget ──► it does not fit: refuse
 *         │
 *         ▼
 *      granted
 *
 *   find it in Redis, if Postgres is away or has not got it yet ──► follow, replay
 *
 * 1. Postgres is asked first: without it nothing new is begun, only what was begun or spooled
 *    before is given back.
 * 2. Redis decides alone and at once: limits, the lease, one running turn for each chat.
 * 3. What Postgres said may be old when Redis decides.  Redis remembers the last commits and says
 *    stale; then we look again.
 * 4. Without Redis the turn is granted from what Postgres knows.  Two grants of one chat are
 *    possible then; the fence at the commit lets one of them through.
 * 5. The reserve comes last, when nothing else can refuse; if it does not fit, the grant is given
 *    back.  From then on it is settled by the commit or the abort.
 * 6. A turn that its gateway gave up before it was granted is nobody's: grant and reserve are given
 *    back, so that the next try need not wait for the lease and no money is lost.
 * 7. A gateway that hears nothing of one store asks another one.  Both grant the same lease, and it
 *    is given back when the last of them does so. */
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "budget.h"
#include "fork.h"
#include "job.h"
#include "look.h"
#include "turn.h"

#define CONTEXT_BYTES (256 * 1024)
#define LOOKS_MAX     4
#define RESERVES_MAX  4

enum { PLACE_GRANT = 0, PLACE_CONTEXT = 1, PLACE_RESERVE = 2 };
enum grant {
    GRANT_OUTCOME,
    GRANT_EPOCH,
    GRANT_REMAINING,
    GRANT_RETRY_MS,
    GRANT_KEY,
    GRANT_KEY_AT,
    GRANT_FIRST_REFUSAL
};
enum { CONTEXT_QUESTION, CONTEXT_ANSWER };

static bool has_nul(struct str s)
{
    return s.len && memchr(s.p, 0, s.len);
}

/* A new chat's id comes of its first turn, so that a first message which is sent twice makes one
 * chat. */
static struct uuid new_chat(const struct job *j)
{
    char name[2 * UUID_LEN + 1];

    str_format(name, sizeof name, "%s%s", j->session.text, j->turn.text);
    return uuid_derive("conversation", str_of(name));
}

/* Which chat is looked for: the one that was named, or will be if this begins one. */
static bool find_chat(struct job *j)
{
    const struct turn_begin_request *ask = &j->ask.begin;

    if (ask->branch && !ask->new_conversation)
        return fork_prepare(j);
    if (ask->new_conversation && (ask->branch || j->chat.text[0]))
        return false;
    if (ask->new_conversation)
        j->chat = new_chat(j);
    return true;
}

enum step begin_start(struct job *j)
{
    const struct turn_begin_request *ask = &j->ask.begin;

    /* Postgres cannot keep U+0000, so it is refused before the model is paid to answer it. */
    if (!job_ids(j, ask->session, ask->conversation, ask->turn_id) || !j->turn.text[0] ||
        !ask->text.len || has_nul(ask->text) || !find_chat(j))
        return job_fail(j, ERR_BAD_REQUEST);
    return STEP_BEGIN_ASK_LOOK;
}

/* Looks once more after a branch was made, and when what was seen was old. */
enum step begin_ask_look(struct job *j)
{
    const struct turn_begin_request *ask = &j->ask.begin;

    struct uuid fresh = j->chat.text[0] ? j->chat : new_chat(j);
    return look_ask(j, ask->text, &fresh) ? STEP_BEGIN_ASK_FIND : job_park(j, STEP_BEGIN_TAKE_LOOK);
}

static enum step replay(struct job *j)
{
    struct turn_begin_reply *say = mem_new(sizeof *say);
    struct buf               body = {0};

    say->outcome = BEGIN_REPLAY;
    say->conversation = look_str(j, LOOK_TURN_CHAT);
    say->seq = look_u64(j, LOOK_TURN_SEQ);
    say->text = str_cut(look_str(j, LOOK_ANSWER), LIMIT_ANSWER);
    say->model = str_cut(look_str(j, LOOK_TURN_MODEL), LIMIT_MODEL);
    say->status = str_cut(look_str(j, LOOK_STATUS), LIMIT_STATUS);
    say->finish_reason = str_cut(look_str(j, LOOK_FINISH_REASON), LIMIT_FINISH_REASON);
    say->prompt_tokens = look_u64(j, LOOK_PROMPT_TOKENS);
    say->completion_tokens = look_u64(j, LOOK_COMPLETION_TOKENS);
    say->cost = grid_f64(&j->look, 0, LOOK_COST);
    budget_tell(j->config, look_u64(j, LOOK_COUNTED), &say->has_budget, &say->budget_left);
    turn_begin_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}

enum step begin_take_look(struct job *j)
{
    enum err err = job_trouble(j->got[0].err);

    if (j->got[0].err)
        return err == ERR_STORE_DOWN ? STEP_BEGIN_ASK_FIND : job_fail(j, err);
    look_take(j);
    if (look_is(j, LOOK_STATE, "cleared"))
        return job_fail(j, ERR_SIGNED_OUT);
    if (look_str(j, LOOK_STATUS).len)
        return look_u64(j, LOOK_SAME_TEXT) ? replay(j) : job_fail(j, ERR_TURN_ID_REUSED);
    if (!look_str(j, LOOK_CHAT).len && look_u64(j, LOOK_USED))
        return job_fail(j, ERR_NOT_FOUND);
    if (j->ask.begin.branch && !look_str(j, LOOK_CHAT).len)
        return j->is_forked ? job_fail(j, ERR_NOT_FOUND) : STEP_FORK_ASK;
    failpoint(FAILPOINT_STORE_BEGIN_READ);
    return STEP_BEGIN_ASK_GRANT;
}

/* Was a chat named that Postgres does not know?  Its first turn may have failed, which only Redis
 * remembers; else it is not this session's. */
static bool is_claimed(const struct job *j)
{
    struct uuid fresh = new_chat(j);

    return j->chat.text[0] && !look_str(j, LOOK_CHAT).len &&
           !str_eq(uuid_str(&j->chat), uuid_str(&fresh));
}

static struct uuid chat_of(const struct job *j)
{
    struct uuid found = grid_id(&j->look, 0, LOOK_CHAT);

    if (found.text[0])
        return found;
    return j->chat.text[0] ? j->chat : new_chat(j);
}

static bool is_known(const struct job *j)
{
    return look_is(j, LOOK_STATE, "known");
}

static enum err ask_grant(struct job *j, const struct uuid *chat)
{
    const struct config *c = j->config;
    struct args         *a = job_args(j);

    args_key(a, key_session(&j->session));
    args_key(a, key_turns(&j->session));
    args_key(a, key_session_limit(&j->session, "chat"));
    args_key(a, key_answer(&j->session, &j->turn));
    args_key(a, key_spooled(&j->session));
    args_key(a, key_session_leases(&j->session));
    args_id(a, &j->turn);
    args_id(a, chat);
    args_bytes(a, j->ask.begin.text);
    args_u64(a, look_u64(j, LOOK_SEQ));
    args_u64(a, look_u64(j, LOOK_EPOCH));
    args_bytes(a, is_known(j) ? look_str(j, LOOK_CREATED) : STR(""));
    args_u64(a, is_claimed(j));
    args_u64(a, c->lease_ms);
    args_u64(a, c->answer_keep_ms);
    args_u64(a, c->session_idle_ms);
    args_u64(a, c->session_life_ms);
    args_u64(a, c->messages_per_minute);
    args_u64(a, c->turns_per_session);
    args_u64(a, j->ask.begin.request_nonce);
    return job_ask_redis(j, PLACE_GRANT, SCRIPT_TURN_BEGIN);
}

static enum err ask_context(struct job *j, const struct uuid *chat)
{
    struct args *a = job_args(j);

    grid_fini(&j->got[PLACE_CONTEXT].grid);
    j->got[PLACE_CONTEXT].err = ERR_OK;
    if (!look_u64(j, LOOK_SEQ) || j->ask.begin.window < 2)
        return ERR_OK;
    args_id(a, &j->session);
    args_id(a, chat);
    args_u64(a, look_u64(j, LOOK_SEQ));
    args_u64(a, j->ask.begin.window / 2);
    args_u64(a, CONTEXT_BYTES);
    return job_ask_pg(j, PLACE_CONTEXT, STATEMENT_CONTEXT);
}

enum step begin_ask_grant(struct job *j)
{
    struct uuid chat = chat_of(j);

    if (j->cancelled)
        return job_fail(j, ERR_STOPPED);
    enum err err = ask_context(j, &chat);
    if (err)
        return job_fail(j, job_trouble(err));
    err = ask_grant(j, &chat);
    if (err && look_is(j, LOOK_STATE, "ended"))
        return job_fail(j, ERR_SIGNED_OUT);
    if (err && is_claimed(j))
        return job_fail(j, ERR_NOT_FOUND);
    if (err)
        j->got[PLACE_GRANT].err = err; /* Redis is away: nothing else will come to this place */
    j->chat = chat;
    return j->waiting ? job_park(j, STEP_BEGIN_TAKE_GRANT) : STEP_BEGIN_TAKE_GRANT;
}

/* ---- the grant ---- */

static void add_said(struct turn_begin_reply *say, uint64_t by_user, struct str text)
{
    if (say->context_count < COUNT_OF(say->context))
        say->context[say->context_count++] =
            (struct context_message){by_user, str_cut(text, LIMIT_ANSWER)};
}

/* What Redis said; NULL: it is away. */
static const struct grid *grant_of(const struct job *j)
{
    return j->got[PLACE_GRANT].err ? NULL : &j->got[PLACE_GRANT].grid;
}

static uint64_t epoch_of(const struct job *j)
{
    const struct grid *grant = grant_of(j);
    return grant ? grid_u64(grant, 0, GRANT_EPOCH) : look_u64(j, LOOK_EPOCH) + 1;
}

static enum step say_granted(struct job *j)
{
    struct turn_begin_reply *say = mem_new(sizeof *say);
    const struct grid       *grant = grant_of(j), *reserve = &j->got[PLACE_RESERVE].grid;
    const struct grid       *context = &j->got[PLACE_CONTEXT].grid;
    struct str               wish = j->ask.begin.model;
    struct buf               body = {0};

    say->outcome = BEGIN_GRANTED;
    say->conversation = uuid_str(&j->chat);
    say->seq = look_u64(j, LOOK_SEQ) + 1;
    say->epoch = budget_is_set(j->config) ? grid_u64(reserve, 0, RESERVED_EPOCH) : epoch_of(j);
    budget_tell(j->config, grid_u64(reserve, 0, RESERVED_COUNTED), &say->has_budget,
                &say->budget_left);
    say->remaining = grant ? grid_u64(grant, 0, GRANT_REMAINING) : 0;
    say->limits_unavailable = !grant;
    say->sealed_key = look_str(j, LOOK_KEY);
    if (grant &&
        look_is_outdated(j, grid_str(grant, 0, GRANT_KEY), grid_u64(grant, 0, GRANT_KEY_AT)))
        say->sealed_key = grid_str(grant, 0, GRANT_KEY);
    say->sealed_key = str_cut(say->sealed_key, LIMIT_SEALED_KEY);
    say->model = str_cut(wish.len ? wish : look_str(j, LOOK_MODEL), LIMIT_MODEL);
    say->on_topic = look_u64(j, LOOK_ON_TOPIC) != 0;
    for (unsigned row = 0; row < context->rows; row++) {
        add_said(say, 1, grid_str(context, row, CONTEXT_QUESTION));
        add_said(say, 0, grid_str(context, row, CONTEXT_ANSWER));
    }
    turn_begin_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}

static enum step follow(struct job *j, struct str chat, uint64_t remaining)
{
    struct turn_begin_reply *say = mem_new(sizeof *say);
    struct buf               body = {0};

    say->outcome = BEGIN_FOLLOW;
    say->conversation = str_cut(chat, UUID_LEN);
    say->remaining = remaining;
    turn_begin_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}

static enum step limited(struct job *j, const struct grid *grant)
{
    if (grid_u64(grant, 0, GRANT_FIRST_REFUSAL)) /* one line a minute is enough for the log */
        job_note(j, "begin.refused", j->ask.begin.address_hash, STR("limited"));
    return job_fail_later(j, ERR_LIMITED, grid_u64(grant, 0, GRANT_RETRY_MS));
}

/* Granted, but it will not begin after all: nobody shall wait for the lease to end. */
static void give_back(struct job *j)
{
    struct args a = {0};

    if (!grant_of(j))
        return;
    turn_end_args(&a, j, epoch_of(j), "given_back", STR("internal"));
    if (j->world->ask_redis(j->world->ctx, SCRIPT_TURN_END, &a, NULL, 0))
        log_info(j->handle, "store.lease_left", "why=\"redis is away\"");
}

static enum step granted(struct job *j)
{
    uint64_t reserved = grid_u64(&j->got[PLACE_RESERVE].grid, 0, RESERVED_EPOCH);

    if (!j->cancelled)
        return say_granted(j);
    give_back(j);
    if (reserved && budget_ask_settle(j, PLACE_RESERVE, reserved, false))
        log_info(j->handle, "store.reserve_left", "why=\"postgres is away\"");
    return job_fail(j, ERR_STOPPED);
}

enum step begin_take_grant(struct job *j)
{
    const struct grid *grant = grant_of(j);
    bool               is_granted = !grant || grid_is(grant, 0, GRANT_OUTCOME, "granted");
    enum err           err = j->got[PLACE_CONTEXT].err;

    if (err) {
        if (is_granted)
            give_back(j);
        return job_fail(j, job_trouble(err));
    }
    if (is_granted)
        failpoint(FAILPOINT_STORE_BEGIN_GRANTED);
    if (is_granted && budget_is_set(j->config) && !j->cancelled)
        return STEP_BEGIN_ASK_RESERVE;
    if (is_granted)
        return granted(j);
    if (grid_is(grant, 0, GRANT_OUTCOME, "follow"))
        return follow(j, uuid_str(&j->chat), grid_u64(grant, 0, GRANT_REMAINING));
    if (grid_is(grant, 0, GRANT_OUTCOME, "spooled"))
        return STEP_BEGIN_ASK_FIND;
    if (grid_is(grant, 0, GRANT_OUTCOME, "limited"))
        return limited(j, grant);
    if (grid_is(grant, 0, GRANT_OUTCOME, "stale") && ++j->tries < LOOKS_MAX)
        return STEP_BEGIN_ASK_LOOK;
    if (grid_is(grant, 0, GRANT_OUTCOME, "same_id"))
        return job_fail(j, ERR_TURN_ID_REUSED);
    if (grid_is(grant, 0, GRANT_OUTCOME, "not_found"))
        return job_fail(j, ERR_NOT_FOUND);
    if (grid_is(grant, 0, GRANT_OUTCOME, "signed_out"))
        return job_fail(j, ERR_SIGNED_OUT);
    if (grid_is(grant, 0, GRANT_OUTCOME, "waiting"))
        return job_fail(j, ERR_STORE_DOWN);
    return job_fail(j, ERR_BUSY);
}

/* ---- the reserve ---- */

static enum step unreserved(struct job *j, enum err err)
{
    give_back(j);
    return job_fail(j, err);
}

enum step begin_ask_reserve(struct job *j)
{
    enum err err = budget_ask_reserve(j, PLACE_RESERVE, epoch_of(j));
    return err ? unreserved(j, job_trouble(err)) : job_park(j, STEP_BEGIN_TAKE_RESERVE);
}

enum step begin_take_reserve(struct job *j)
{
    const struct grid *reserve = &j->got[PLACE_RESERVE].grid;
    enum err           err = j->got[PLACE_RESERVE].err;

    if (err == ERR_CONFLICT && ++j->tries < RESERVES_MAX)
        return STEP_BEGIN_ASK_RESERVE; /* another one of this turn took the same epoch */
    if (err)
        return unreserved(j, job_trouble(err));
    if (grid_u64(reserve, 0, RESERVED_CLEARED))
        return unreserved(j, ERR_SIGNED_OUT);
    if (!grid_u64(reserve, 0, RESERVED_EPOCH))
        return unreserved(j, ERR_BUDGET);
    failpoint(FAILPOINT_STORE_BEGIN_RESERVED);
    return granted(j);
}

/* ---- without Postgres ---- */

enum step begin_ask_find(struct job *j)
{
    struct args *a = job_args(j);

    args_key(a, key_turns(&j->session));
    args_key(a, key_spooled(&j->session));
    args_key(a, key_of_bucket(key_session_bucket(&j->session), "spool"));
    args_id(a, &j->turn);
    args_bytes(a, j->ask.begin.text);
    return job_ask_redis(j, 0, SCRIPT_TURN_FIND) ? job_fail(j, ERR_STORE_DOWN)
                                                 : job_park(j, STEP_BEGIN_TAKE_FIND);
}

static enum step replay_spooled(struct job *j, struct str body)
{
    struct turn_commit_request kept;

    if (turn_commit_request_decode(&kept, body))
        return job_fail(j, ERR_STORE_DOWN);
    struct turn_begin_reply *say = mem_new(sizeof *say);
    struct buf               out = {0};
    say->outcome = BEGIN_REPLAY;
    say->conversation = kept.conversation;
    say->seq = kept.seq;
    say->text = kept.answer;
    say->model = kept.model;
    say->status = STR("spooled");
    say->finish_reason = kept.finish_reason;
    say->prompt_tokens = kept.prompt_tokens;
    say->completion_tokens = kept.completion_tokens;
    say->cost = kept.cost;
    turn_begin_reply_encode(say, &out);
    free(say);
    return job_say(j, &out);
}

enum step begin_take_find(struct job *j)
{
    const struct grid *found = &j->got[0].grid;

    if (j->got[0].err)
        return job_fail(j, ERR_STORE_DOWN);
    if (grid_is(found, 0, 0, "same_id"))
        return job_fail(j, ERR_TURN_ID_REUSED);
    if (grid_is(found, 0, 0, "follow"))
        return follow(j, grid_str(found, 0, 1), 0);
    if (grid_is(found, 0, 0, "spooled"))
        return replay_spooled(j, grid_str(found, 0, 1));
    return job_fail(j, ERR_STORE_DOWN);
}
