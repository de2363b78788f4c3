/* Two builders. */
#include <string.h>

#include "redis/keys.h"
#include "turn_end.h"

struct lua_call turn_end(struct args *a, const struct job *j, const struct turn_end *end)
{
    const struct lua_turn_end p = {.turns = keys_turns(&j->session),
                                   .answer = keys_answer(&j->session, &j->turn),
                                   .window = keys_window(&j->session),
                                   .leases = keys_session_leases(&j->session),
                                   .turn = param_uuid(&j->turn),
                                   .conversation = param_uuid(&j->conversation),
                                   .epoch = param_u64(end->epoch),
                                   .seq = param_u64(end->seq),
                                   .how = param_text(end->how),
                                   .keep_ms = param_u64(j->config->answer_keep_ms),
                                   .commit = param_bytes(end->commit),
                                   .code = param_text(end->code)};

    return lua_turn_end(a, &p);
}

/* Postgres cannot store U+0000. */
static struct str until_nul(struct str text)
{
    const char *nul = text.len ? memchr(text.p, 0, text.len) : NULL;
    return nul ? (struct str){text.p, (size_t)(nul - text.p)} : text;
}

struct sql_call turn_end_interrupt(struct args *a, const struct job *j,
                                   const struct turn_end_interrupted *i)
{
    const struct sql_turn_interrupt p = {.session = param_uuid(&j->session),
                                         .conversation = param_uuid(&j->conversation),
                                         .turn = param_uuid(&j->turn),
                                         .after_seq = param_u64(i->seq ? i->seq - 1 : 0),
                                         .question = param_text(i->question),
                                         .answer = param_text(until_nul(i->answer)),
                                         .model = param_text(i->model),
                                         .asked_at = param_u64(i->asked_at),
                                         .epoch = param_u64(i->epoch)};

    return sql_turn_interrupt(a, &p);
}
