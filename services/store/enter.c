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
 * 2. A session that was cleared never comes back, whatever Redis says. */
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
    OPEN_REMAINING
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
    struct uuid  none = {{0}};
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_id(a, &none);
    args_id(a, &none);
    args_text(a, "");
    args_u64(a, j->config->session_idle_ms);
    args_u64(a, j->config->session_life_ms);
    args_id(a, &none);
    enum err err = job_ask_pg(j, 0, STATEMENT_LOOK);
    if (!err)
        return job_park(j, STEP_ENTER_TAKE_LOOK);
    j->entered.pg_away = true;
    return STEP_ENTER_ASK_REDIS;
}

static void take_grid(struct grid *to, struct job_answer *from)
{
    grid_fini(to);
    *to = from->grid;
    from->grid = (struct grid){0};
}

enum step enter_take_look(struct job *j)
{
    struct entered *e = &j->entered;

    if (j->got[0].err == ERR_INTERNAL)
        return job_fail(j, ERR_INTERNAL);
    e->pg_away = j->got[0].err != ERR_OK;
    take_grid(&e->look, &j->got[0]);
    if (grid_is(&e->look, 0, LOOK_STATE, "cleared"))
        return job_fail(j, ERR_SIGNED_OUT);
    e->known = grid_is(&e->look, 0, LOOK_STATE, "known");
    e->created_at = grid_u64(&e->look, 0, LOOK_CREATED);
    e->active_at = grid_u64(&e->look, 0, LOOK_ACTIVE);
    e->model = str_cut(grid_str(&e->look, 0, LOOK_MODEL), 128);
    if (!uuid_parse(&e->chat, grid_str(&e->look, 0, LOOK_CHAT)))
        e->chat = (struct uuid){{0}};
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

    e->redis_away = true;
    e->remaining = j->config->limit_messages;
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
    args_bytes(a, e->known ? grid_str(&e->look, 0, LOOK_CREATED) : STR(""));
    args_id(a, &e->chat);
    args_u64(a, j->config->session_idle_ms);
    args_u64(a, j->config->session_life_ms);
    args_u64(a, j->config->limit_messages);
    if (job_ask_redis(j, 0, SCRIPT_SESSION_OPEN))
        return enter_without_redis(j);
    return job_park(j, STEP_ENTER_TAKE_REDIS);
}

/* Redis may lose the session while Postgres keeps it: its row is told now and then that it lives.
 */
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
    take_grid(&e->redis, &j->got[0]);
    if (!grid_is(&e->redis, 0, OPEN_OUTCOME, "ok"))
        return job_fail(j, ERR_SIGNED_OUT);
    e->created_at = grid_u64(&e->redis, 0, OPEN_CREATED);
    e->expires_at = grid_u64(&e->redis, 0, OPEN_EXPIRES);
    e->remaining = grid_u64(&e->redis, 0, OPEN_REMAINING);
    if (!uuid_parse(&e->running, grid_str(&e->redis, 0, OPEN_RUNNING)))
        e->running = (struct uuid){{0}};
    struct uuid in;
    if (!e->chat.text[0] && uuid_parse(&in, grid_str(&e->redis, 0, OPEN_CHAT)))
        e->chat = in;
    if (e->known)
        touch_row(j);
    return e->then;
}

struct str entered_key(const struct entered *e, struct str *hint)
{
    struct str kept = grid_str(&e->redis, 0, OPEN_KEY);

    if (kept.len && grid_u64(&e->redis, 0, OPEN_KEY_AT) >= grid_u64(&e->look, 0, LOOK_KEY_AT)) {
        *hint = str_cut(grid_str(&e->redis, 0, OPEN_HINT), 32);
        return str_cut(kept, 512);
    }
    *hint = str_cut(grid_str(&e->look, 0, LOOK_HINT), 32);
    return str_cut(grid_str(&e->look, 0, LOOK_KEY), 512);
}
