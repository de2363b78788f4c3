/* session_save_request: stores the settings of a user.
 *
 *   enter ──► Postgres ──► Redis, if the key changes
 *
 * A key is in Postgres, or in Redis only if the user does not want it remembered; both carry the
 * time at which they were set, and the later decision counts.  So a copy in Redis that could not be
 * deleted is harmless. */
#include "base/failpoint.h"
#include "enter.h"
#include "redis/keys.h"
#include "wire/messages.h"

struct save {
    struct enter                enter;
    struct session_save_request request;
    uint64_t                    saved_at;
};

static struct save *save_of(struct job *j)
{
    return (struct save *)j;
}

static bool decode(struct job *j, struct str body)
{
    return session_save_request_decode(&save_of(j)->request, body) == ERR_OK;
}

const struct flow flow_save = {.message = MSG_SESSION_SAVE_REQUEST,
                               .size = sizeof(struct save),
                               .first = STEP_SAVE_ENTER,
                               .decode = decode,
                               .fini = enter_fini};

enum step save_enter(struct job *j)
{
    struct save                       *s = save_of(j);
    const struct session_save_request *request = &s->request;

    if (request->key_change == KEY_SET && !request->sealed_key.len)
        return job_fail(j, ERR_BAD_REQUEST);
    return enter_start(&s->enter, request->session, false, STEP_SAVE_REQUEST_PG);
}

static bool is_for_postgres(const struct session_save_request *request)
{
    return request->key_change == KEY_SET && request->remember;
}

/* A sealed key begins with the id of the key that sealed it: its length, then the id itself. */
static struct str key_id(struct str sealed)
{
    size_t len = sealed.len ? (unsigned char)sealed.p[0] : 0;

    if (len + 1 > sealed.len || !str_is_utf8((struct str){sealed.p + 1, len}))
        return STR("");
    return (struct str){sealed.p + 1, len};
}

/* For the audit log. */
static const char *what_changes(const struct session_save_request *request)
{
    static const char *const words[3][2] = {
        {"nothing", "model"},
        {"key set", "key set, model"},
        {"key deleted", "key deleted, model"},
    };
    return words[request->key_change][request->model_change];
}

enum step save_request_pg(struct job *j)
{
    struct save                       *s = save_of(j);
    const struct session_save_request *request = &s->request;
    bool                               keep = is_for_postgres(request);

    s->saved_at = j->world->wall_ms(j->world->ctx);
    const struct sql_session_save p = {
        .session = param_uuid(&j->session),
        .key_change = param_u64(request->key_change),
        .sealed_key = param_bytes(keep ? request->sealed_key : STR("")),
        .key_id = param_text(keep ? key_id(request->sealed_key) : STR("")),
        .key_hint = param_text(keep ? request->key_hint : STR("")),
        .saved_at = param_u64(s->saved_at),
        .model_change = param_u64(request->model_change),
        .model = param_text(request->model),
        .address_hash = param_text(request->address_hash),
        .details = param_text(str_of(what_changes(request)))};
    enum err err = job_request_sql(j, 0, sql_session_save(&j->args, &p));
    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_SAVE_AWAIT_PG);
}

enum step save_await_pg(struct job *j)
{
    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    if (!sql_session_save_row(&j->answer[0].set, 0).saved)
        return job_fail(j, ERR_SIGNED_OUT); /* it was cleared meanwhile */
    failpoint(FAILPOINT_STORE_SETTINGS_SAVED);
    return save_of(j)->request.key_change == KEY_LEAVE ? job_reply_done(j)
                                                       : STEP_SAVE_REQUEST_REDIS;
}

static bool is_for_redis(const struct session_save_request *request)
{
    return request->key_change == KEY_SET && !request->remember;
}

enum step save_request_redis(struct job *j)
{
    struct save                       *s = save_of(j);
    const struct session_save_request *request = &s->request;
    const struct lua_session_save      p = {
             .session = keys_session(&j->session),
             .sealed_key = param_bytes(is_for_redis(request) ? request->sealed_key : STR("")),
             .key_hint = param_text(request->key_hint),
             .key_at = param_u64(s->saved_at),
             .idle_ms = param_u64(j->config->session_idle_ms),
             .life_ms = param_u64(j->config->session_life_ms)};

    if (!job_request_redis(j, 0, lua_session_save(&j->args, &p)))
        return job_await(j, STEP_SAVE_AWAIT_REDIS);
    return is_for_redis(request) ? job_fail(j, ERR_STORE_DOWN) : job_reply_done(j);
}

enum step save_await_redis(struct job *j)
{
    if (j->answer[0].err && is_for_redis(&save_of(j)->request))
        return job_fail(j, ERR_STORE_DOWN);
    failpoint(FAILPOINT_STORE_SETTINGS_DONE);
    return job_reply_done(j);
}
