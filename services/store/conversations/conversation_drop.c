/* Deleting, in Redis and in Postgres. */
#include "conversation_drop.h"
#include "redis/keys.h"

enum err conversation_drop_request(struct job *j, const struct uuid *conversation, bool is_delete)
{
    struct key                         answers = keys_answers(&j->session);
    const struct lua_conversation_drop p = {
        .turns = keys_turns(&j->session),
        .window = keys_window(&j->session),
        .spooled = keys_spooled(&j->session),
        .spool = keys_of_bucket(keys_session_bucket(&j->session), "spool"),
        .conversation = param_uuid(conversation),
        .delete = param_flag(is_delete),
        .answers = param_text(str_of(answers.text))};

    return job_request_redis(j, 0, lua_conversation_drop(&j->args, &p));
}

/* A long conversation is invisible at once; what exceeds one chunk is left to upkeep/purge.c. */
enum err conversation_drop_request_delete(struct job *j, const struct uuid *conversation,
                                          struct str address_hash, bool leave)
{
    struct args                         args[2];
    const struct sql_conversation_close close = {.session = param_uuid(&j->session),
                                                 .conversation = param_uuid(conversation),
                                                 .address_hash = param_text(address_hash),
                                                 .leave = param_u64(leave)};
    const struct sql_conversation_purge purge = {.conversation = param_uuid(conversation)};
    const struct sql_call               calls[] = {sql_conversation_close(&args[0], &close),
                                                   sql_conversation_purge(&args[1], &purge)};

    return job_request_transaction(j, 0, calls, COUNT_OF(calls));
}
