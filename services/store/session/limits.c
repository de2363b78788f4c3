/* limit_take_request: may this client address, and this session, go on?
 *
 *   request a token of the address ──► request one of the session, if one was given
 *
 * They are in different slots of Redis, so they are two requests.  What the first refuses is not
 * counted by the second. */
#include "wire/limits.h"
#include "redis/keys.h"
#include "run/job.h"
#include "wire/messages.h"

struct limits {
    struct job                job;
    struct limit_take_request request;
};

static struct limits *limits_of(struct job *j)
{
    return (struct limits *)j;
}

static bool decode(struct job *j, struct str body)
{
    return limit_take_request_decode(&limits_of(j)->request, body) == ERR_OK;
}

const struct flow flow_limits = {.message = MSG_LIMIT_TAKE_REQUEST,
                                 .size = sizeof(struct limits),
                                 .first = STEP_LIMITS_REQUEST_ADDRESS,
                                 .decode = decode};

static enum step reply(struct job *j, const struct limit_take_reply *r)
{
    struct buf body = {0};

    limit_take_reply_encode(r, &body);
    return job_reply(j, &body);
}

static enum step reply_without_redis(struct job *j)
{
    return reply(j, &(struct limit_take_reply){.allowed = 1, .limits_unavailable = 1});
}

static enum step reply_row(struct job *j, struct lua_limit_take_row row)
{
    return reply(
        j, &(struct limit_take_reply){.allowed = row.allowed,
                                      .retry_after_ms = row.allowed ? 0 : row.retry_after_ms});
}

static bool is_key_test(struct job *j)
{
    return str_is(limits_of(j)->request.what, "key_test");
}

static const char *what(struct job *j)
{
    return is_key_test(j) ? "key_test" : "chat";
}

static enum err request_token(struct job *j, struct key limit, uint64_t per_minute)
{
    const struct lua_limit_take p = {.limit = limit, .per_minute = param_u64(per_minute)};

    return job_request_redis(j, 0, lua_limit_take(&j->args, &p));
}

enum step limits_request_address(struct job *j)
{
    const struct limit_take_request *request = &limits_of(j)->request;

    if (!request->address_hash.len || (!is_key_test(j) && !str_is(request->what, "chat")) ||
        (request->session.len && !job_read_ids(j, request->session, STR(""), STR(""))))
        return job_fail(j, ERR_BAD_REQUEST);
    uint64_t per_minute =
        is_key_test(j) ? j->config->key_tests_per_minute : j->config->address_per_minute;
    if (request_token(j, keys_address_limit(request->address_hash, what(j)), per_minute))
        return reply_without_redis(j);
    return job_await(j, STEP_LIMITS_AWAIT_ADDRESS);
}

enum step limits_await_address(struct job *j)
{
    struct lua_limit_take_row row = lua_limit_take_row(&j->answer[0].set, 0);

    if (j->answer[0].err)
        return reply_without_redis(j);
    return row.allowed && j->session.text[0] ? STEP_LIMITS_REQUEST_SESSION : reply_row(j, row);
}

enum step limits_request_session(struct job *j)
{
    uint64_t per_minute =
        is_key_test(j) ? j->config->key_tests_per_minute : j->config->messages_per_minute;

    if (request_token(j, keys_session_limit(&j->session, what(j)), per_minute))
        return reply_without_redis(j);
    return job_await(j, STEP_LIMITS_AWAIT_SESSION);
}

enum step limits_await_session(struct job *j)
{
    if (j->answer[0].err)
        return reply_without_redis(j);
    return reply_row(j, lua_limit_take_row(&j->answer[0].set, 0));
}
