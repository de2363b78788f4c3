/* The session, found in Postgres, then in Redis.
 *
 *   ask Postgres (not for a new one) ──► cleared: signed out
 *         ▼
 *   ask Redis ──► knows it, or makes it from what Postgres knows, or signed out
 *         │ Redis is away
 *         ▼
 *   known to Postgres? go on; new? Postgres makes it
 *
 * 1. Redis says how long a session lives; without Redis its last trace in Postgres does.
 * 2. A session that was cleared never comes back, whatever Redis says.
 * 3. Nobody is signed out before Postgres was asked: Redis may be a new one, that knows nobody. */
#include "enter.h"
#include "base/log.h"
#include "look.h"

#define TOUCH_EVERY_MS 600000 /* so old may last_active in Postgres be */

enum open_column {
    OPEN_OUTCOME,
    OPEN_CREATED,
    OPEN_EXPIRES,
    OPEN_KEY,
    OPEN_HINT,
    OPEN_KEY_AT,
    OPEN_RUNNING,
    OPEN_CHAT,
    OPEN_REMAINING,
    OPEN_RUNNING_TEXT
};

enum step enter(struct job *j, struct str session, bool create, enum step then)
{
    if (!job_ids(j, session, STR(""), STR("")))
        return job_fail(j, ERR_BAD_REQUEST);
    j->entered.then = then;
    j->entered.create = create;
    return create ? STEP_ENTER_ASK_REDIS : STEP_ENTER_ASK_LOOK;
}

enum step enter_ask_look(struct job *j)
{
    struct uuid none = {{0}};
    enum err    err = look_ask(j, STR(""), &none);

    if (!err)
        return job_park(j, STEP_ENTER_TAKE_LOOK);
    j->entered.pg_away = true;
    return STEP_ENTER_ASK_REDIS;
}

enum step enter_take_look(struct job *j)
{
    struct entered *e = &j->entered;

    if (j->got[0].err == ERR_INTERNAL)
        return job_fail(j, ERR_INTERNAL);
    e->pg_away = j->got[0].err != ERR_OK;
    look_take(j);
    if (look_is(j, LOOK_STATE, "cleared"))
        return job_fail(j, ERR_SIGNED_OUT);
    e->known = look_is(j, LOOK_STATE, "known");
    e->created_at = look_u64(j, LOOK_CREATED);
    e->active_at = look_u64(j, LOOK_ACTIVE);
    e->model = str_cut(look_str(j, LOOK_MODEL), LIMIT_MODEL);
    e->chat = grid_id(&j->look, 0, LOOK_CHAT);
    return STEP_ENTER_ASK_REDIS;
}

static void set_end_of_life(struct job *j)
{
    struct entered *e = &j->entered;
    uint64_t        idle_end = j->world->wall_ms(j->world->ctx) + j->config->session_idle_ms;
    uint64_t        life_end = e->created_at + j->config->session_life_ms;

    e->expires_at = idle_end < life_end ? idle_end : life_end;
}

static enum step enter_without_redis(struct job *j)
{
    struct entered *e = &j->entered;

    e->remaining = j->config->messages_per_minute;
    if (e->pg_away)
        return job_fail(j, ERR_STORE_DOWN);
    if (e->known) {
        set_end_of_life(j);
        return e->then;
    }
    if (!e->create)
        return job_fail(j, ERR_SIGNED_OUT);
    args_id(job_args(j), &j->session);
    enum err err = job_ask_pg(j, 0, STATEMENT_TOUCH);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_ENTER_TAKE_MADE);
}

enum step enter_take_made(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    j->entered.created_at = grid_u64(&j->got[0].grid, 0, 0);
    if (!j->entered.created_at)
        return job_fail(j, ERR_SIGNED_OUT);
    set_end_of_life(j);
    return j->entered.then;
}

enum step enter_ask_redis(struct job *j)
{
    struct entered *e = &j->entered;
    struct args    *a = job_args(j);

    args_key(a, key_session(&j->session));
    args_key(a, key_turns(&j->session));
    args_key(a, key_session_limit(&j->session, "chat"));
    args_u64(a, e->create);
    args_bytes(a, e->known ? look_str(j, LOOK_CREATED) : STR(""));
    args_id(a, &e->chat);
    args_u64(a, look_u64(j, LOOK_CURRENT_AT));
    args_u64(a, j->config->session_idle_ms);
    args_u64(a, j->config->session_life_ms);
    args_u64(a, j->config->messages_per_minute);
    if (job_ask_redis(j, 0, SCRIPT_SESSION_OPEN))
        return enter_without_redis(j);
    return job_park(j, STEP_ENTER_TAKE_REDIS);
}

/* Redis may lose the session, so its row in Postgres is told now and then that it lives. */
static void touch_row(struct job *j)
{
    struct args    a = {0};
    struct pg_item item = {STATEMENT_TOUCH, &a};

    args_id(&a, &j->session);
    if (j->world->wall_ms(j->world->ctx) > j->entered.active_at + TOUCH_EVERY_MS &&
        j->world->ask_pg(j->world->ctx, &item, 1, NULL, 0))
        log_trace(j->handle, "store.untouched", "why=\"postgres is away\"");
}

enum step enter_take_redis(struct job *j)
{
    struct entered *e = &j->entered;

    if (j->got[0].err)
        return enter_without_redis(j);
    e->redis = j->got[0].grid;
    j->got[0].grid = (struct grid){0};
    if (!grid_is(&e->redis, 0, OPEN_OUTCOME, "ok"))
        return job_fail(j, e->pg_away ? ERR_STORE_DOWN : ERR_SIGNED_OUT);
    e->created_at = grid_u64(&e->redis, 0, OPEN_CREATED);
    e->expires_at = grid_u64(&e->redis, 0, OPEN_EXPIRES);
    e->remaining = grid_u64(&e->redis, 0, OPEN_REMAINING);
    e->running = grid_id(&e->redis, 0, OPEN_RUNNING);
    if (e->running.text[0])
        e->chat = grid_id(&e->redis, 0, OPEN_CHAT);
    if (e->known)
        touch_row(j);
    return e->then;
}

struct str entered_running_text(const struct job *j)
{
    return str_cut(grid_str(&j->entered.redis, 0, OPEN_RUNNING_TEXT), LIMIT_QUESTION);
}

struct str entered_key(const struct job *j, struct str *hint)
{
    const struct grid *redis = &j->entered.redis;
    struct str         kept = grid_str(redis, 0, OPEN_KEY);

    if (look_is_outdated(j, kept, grid_u64(redis, 0, OPEN_KEY_AT))) {
        *hint = str_cut(grid_str(redis, 0, OPEN_HINT), LIMIT_KEY_HINT);
        return str_cut(kept, LIMIT_SEALED_KEY);
    }
    *hint = str_cut(look_str(j, LOOK_HINT), LIMIT_KEY_HINT);
    return str_cut(look_str(j, LOOK_KEY), LIMIT_SEALED_KEY);
}
