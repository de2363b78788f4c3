/* The look at Postgres. */
#include "look.h"

enum err look_ask(struct job *j, struct str text, const struct uuid *fresh)
{
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_id(a, &j->turn);
    args_id(a, &j->chat);
    args_bytes(a, text);
    args_u64(a, j->config->session_idle_ms);
    args_u64(a, j->config->session_life_ms);
    args_id(a, fresh);
    return job_ask_pg(j, 0, STATEMENT_LOOK);
}

void look_take(struct job *j)
{
    grid_fini(&j->look);
    j->look = j->got[0].grid;
    j->got[0].grid = (struct grid){0};
}

struct str look_str(const struct job *j, enum look column)
{
    return grid_str(&j->look, 0, column);
}

uint64_t look_u64(const struct job *j, enum look column)
{
    return grid_u64(&j->look, 0, column);
}

bool look_is(const struct job *j, enum look column, const char *text)
{
    return grid_is(&j->look, 0, column, text);
}

bool look_is_outdated(const struct job *j, struct str kept_key, uint64_t kept_at)
{
    return kept_key.len && kept_at >= look_u64(j, LOOK_KEY_AT);
}
