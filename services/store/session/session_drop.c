/* The keys of a session. */
#include "session_drop.h"
#include "redis/keys.h"

struct lua_call session_drop(struct args *a, const struct uuid *session, struct key *answers)
{
    *answers = keys_answers(session);
    const struct lua_session_clear p = {.session = keys_session(session),
                                        .turns = keys_turns(session),
                                        .window = keys_window(session),
                                        .spooled = keys_spooled(session),
                                        .spool =
                                            keys_of_bucket(keys_session_bucket(session), "spool"),
                                        .turn_limit = keys_session_limit(session, "chat"),
                                        .key_test_limit = keys_session_limit(session, "key_test"),
                                        .answers = param_text(str_of(answers->text))};

    return lua_session_clear(a, &p);
}
