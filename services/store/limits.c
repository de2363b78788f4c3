/* limit_take_request: may this client address, and this session, go on?
 *
 *   ask for the address ──► ask for the session, if one was given
 *
 * They lie in different slots of Redis, so they are two questions.  Whoever is refused by the first
 * is not counted by the second. */
#include "job.h"

enum { TAKEN_ALLOWED, TAKEN_RETRY_MS };

static enum step say_taken(struct job *j, bool allowed, uint64_t retry_after_ms, bool redis_away)
{
    struct limit_take_reply say = {
        .allowed = allowed, .retry_after_ms = retry_after_ms, .limits_unavailable = redis_away};
    struct buf body = {0};

    limit_take_reply_encode(&say, &body);
    return job_say(j, &body);
}

static bool is_key_test(const struct job *j)
{
    return str_is(j->ask.limit.what, "key_test");
}

static const char *what(const struct job *j)
{
    return is_key_test(j) ? "key_test" : "chat";
}

static enum err ask(struct job *j, struct key key, uint64_t per_minute)
{
    struct args *a = job_args(j);

    args_key(a, key);
    args_u64(a, per_minute);
    return job_ask_redis(j, 0, SCRIPT_LIMIT_TAKE);
}

enum step limit_ask_address(struct job *j)
{
    const struct limit_take_request *q = &j->ask.limit;

    if (!q->address_hash.len || (!is_key_test(j) && !str_is(q->what, "chat")) ||
        (q->session.len && !job_ids(j, q->session, STR(""), STR(""))))
        return job_fail(j, ERR_BAD_REQUEST);
    uint64_t most =
        is_key_test(j) ? j->config->key_tests_per_minute : j->config->address_per_minute;
    if (ask(j, key_address_limit(q->address_hash, what(j)), most))
        return say_taken(j, true, 0, true);
    return job_park(j, STEP_LIMIT_TAKE_ADDRESS);
}

enum step limit_take_address(struct job *j)
{
    if (j->got[0].err)
        return say_taken(j, true, 0, true);
    if (!grid_u64(&j->got[0].grid, 0, TAKEN_ALLOWED))
        return say_taken(j, false, grid_u64(&j->got[0].grid, 0, TAKEN_RETRY_MS), false);
    return j->session.text[0] ? STEP_LIMIT_ASK_SESSION : say_taken(j, true, 0, false);
}

enum step limit_ask_session(struct job *j)
{
    uint64_t most =
        is_key_test(j) ? j->config->key_tests_per_minute : j->config->messages_per_minute;

    if (ask(j, key_session_limit(&j->session, what(j)), most))
        return say_taken(j, true, 0, true);
    return job_park(j, STEP_LIMIT_TAKE_SESSION);
}

enum step limit_take_session(struct job *j)
{
    if (j->got[0].err)
        return say_taken(j, true, 0, true);
    return say_taken(j, grid_u64(&j->got[0].grid, 0, TAKEN_ALLOWED) != 0,
                     grid_u64(&j->got[0].grid, 0, TAKEN_RETRY_MS), false);
}
