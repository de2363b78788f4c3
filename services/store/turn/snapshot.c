/* The row that most flows begin with. */
#include "snapshot.h"

enum err snapshot_request(struct job *j, struct str text, const struct uuid *fresh)
{
    const struct sql_snapshot p = {.session = param_uuid(&j->session),
                                   .turn = param_uuid(&j->turn),
                                   .conversation = param_uuid(&j->conversation),
                                   .text = param_text(text),
                                   .idle_ms = param_u64(j->config->session_idle_ms),
                                   .life_ms = param_u64(j->config->session_life_ms),
                                   .fresh = param_uuid(fresh)};

    return job_request_sql(j, 0, sql_snapshot(&j->args, &p));
}

void snapshot_take(struct snapshot *s, struct job *j)
{
    result_set_move(&s->set, &j->answer[0].set);
    s->row = sql_snapshot_row(&s->set, 0);
}

void snapshot_fini(struct snapshot *s)
{
    result_set_fini(&s->set);
}

bool snapshot_is(const struct snapshot *s, const char *state)
{
    return str_is(s->row.state, state);
}

bool snapshot_is_outdated(const struct snapshot *s, struct str kept_key, uint64_t kept_at)
{
    return kept_key.len && kept_at >= s->row.key_at;
}
