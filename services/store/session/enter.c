/* The session, looked up in Postgres, then in Redis.
 *
 *   snapshot of Postgres (not for a new one) ──► cleared: signed out
 *         ▼
 *   request it from Redis ──► known, or created from what Postgres knows, or signed out
 *         │ Redis is unavailable
 *         ▼
 *   known to Postgres? continue; new? Postgres creates it
 *
 * 1. Redis decides how long a session lives; without Redis, its last use in Postgres does.
 * 2. A session that was cleared never comes back, whatever Redis knows.
 * 3. Nobody is signed out before Postgres was asked: Redis may be empty. */
#include "enter.h"
#include "base/log.h"
#include "redis/keys.h"
#include "wire/limits.h"

#define TOUCH_INTERVAL_MS 600000 /* last_active in Postgres may be so old */

enum step enter_start(struct enter *e, struct str session, bool create, enum step then)
{
    if (!job_read_ids(&e->job, session, STR(""), STR("")))
        return job_fail(&e->job, ERR_BAD_REQUEST);
    e->then = then;
    e->create = create;
    return create ? STEP_ENTER_REQUEST_REDIS : STEP_ENTER_REQUEST_SNAPSHOT;
}

void enter_fini(struct job *j)
{
    snapshot_fini(&enter_of(j)->snapshot);
    result_set_fini(&enter_of(j)->redis);
}

enum step enter_request_snapshot(struct job *j)
{
    const struct uuid none = {{0}};

    if (!snapshot_request(j, STR(""), &none))
        return job_await(j, STEP_ENTER_AWAIT_SNAPSHOT);
    enter_of(j)->without_pg = true;
    return STEP_ENTER_REQUEST_REDIS;
}

enum step enter_await_snapshot(struct job *j)
{
    struct enter *e = enter_of(j);

    if (j->answer[0].err == ERR_INTERNAL)
        return job_fail(j, ERR_INTERNAL);
    e->without_pg = j->answer[0].err != ERR_OK;
    snapshot_take(&e->snapshot, j);
    if (snapshot_is(&e->snapshot, "cleared"))
        return job_fail(j, ERR_SIGNED_OUT);
    e->is_known = snapshot_is(&e->snapshot, "known");
    e->created_at = e->snapshot.row.created_at;
    e->conversation = e->snapshot.row.conversation;
    return STEP_ENTER_REQUEST_REDIS;
}

/* ---- without Redis ---- */

static uint64_t wall_ms(const struct job *j)
{
    return j->world->wall_ms(j->world->ctx);
}

static void set_end_of_life(struct enter *e)
{
    uint64_t idle_end = wall_ms(&e->job) + e->job.config->session_idle_ms;
    uint64_t life_end = e->created_at + e->job.config->session_life_ms;

    e->expires_at = idle_end < life_end ? idle_end : life_end;
}

static struct sql_call touch(struct args *args, const struct job *j)
{
    return sql_session_touch(args, &(struct sql_session_touch){.session = param_uuid(&j->session)});
}

static enum step continue_without_redis(struct enter *e)
{
    struct job *j = &e->job;

    e->remaining = j->config->messages_per_minute;
    if (e->without_pg)
        return job_fail(j, ERR_STORE_DOWN);
    if (e->is_known) {
        set_end_of_life(e);
        return e->then;
    }
    if (!e->create)
        return job_fail(j, ERR_SIGNED_OUT);
    enum err err = job_request_sql(j, 0, touch(&j->args, j));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_ENTER_AWAIT_CREATED);
}

enum step enter_await_created(struct job *j)
{
    struct enter *e = enter_of(j);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    e->created_at = sql_session_touch_row(&j->answer[0].set, 0).created_at;
    if (!e->created_at)
        return job_fail(j, ERR_SIGNED_OUT);
    set_end_of_life(e);
    return e->then;
}

/* ---- with Redis ---- */

enum step enter_request_redis(struct job *j)
{
    struct enter                  *e = enter_of(j);
    const struct sql_snapshot_row *row = &e->snapshot.row;
    const struct lua_session_open  p = {.session = keys_session(&j->session),
                                        .turns = keys_turns(&j->session),
                                        .limit = keys_session_limit(&j->session, "chat"),
                                        .create = param_flag(e->create),
                                        .created_at = param_u64(e->is_known ? row->created_at : 0),
                                        .conversation = param_uuid(&e->conversation),
                                        .current_at = param_u64(row->current_at),
                                        .idle_ms = param_u64(j->config->session_idle_ms),
                                        .life_ms = param_u64(j->config->session_life_ms),
                                        .per_minute = param_u64(j->config->messages_per_minute)};

    if (job_request_redis(j, 0, lua_session_open(&j->args, &p)))
        return continue_without_redis(e);
    return job_await(j, STEP_ENTER_AWAIT_REDIS);
}

/* Redis may lose the session, so its row in Postgres is updated now and then. */
static void touch_row(struct enter *e)
{
    struct args args;

    if (wall_ms(&e->job) > e->snapshot.row.active_at + TOUCH_INTERVAL_MS &&
        job_send_sql(&e->job, touch(&args, &e->job)))
        log_trace(e->job.handle, "store.session_touch_failed", "why=\"postgres is unavailable\"");
}

enum step enter_await_redis(struct job *j)
{
    struct enter                *e = enter_of(j);
    struct lua_session_open_row *row = &e->redis_row;

    if (j->answer[0].err)
        return continue_without_redis(e);
    result_set_move(&e->redis, &j->answer[0].set);
    *row = lua_session_open_row(&e->redis, 0);
    if (!str_is(row->outcome, "ok"))
        return job_fail(j, e->without_pg ? ERR_STORE_DOWN : ERR_SIGNED_OUT);
    e->created_at = row->created_at;
    e->expires_at = row->expires_at;
    e->remaining = row->remaining;
    e->running = row->running;
    if (e->running.text[0])
        e->conversation = row->conversation;
    if (e->is_known)
        touch_row(e);
    return e->then;
}

/* ---- afterwards ---- */

struct str enter_key(const struct enter *e, struct str *hint)
{
    const struct lua_session_open_row *redis = &e->redis_row;
    const struct sql_snapshot_row     *pg = &e->snapshot.row;
    bool in_redis = snapshot_is_outdated(&e->snapshot, redis->sealed_key, redis->key_at);

    *hint = str_cut(in_redis ? redis->key_hint : pg->key_hint, LIMIT_KEY_HINT);
    return str_cut(in_redis ? redis->sealed_key : pg->sealed_key, LIMIT_SEALED_KEY);
}
