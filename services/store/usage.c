/* usage_request: what a person's turns cost, by day and model.
 *
 *   enter ──► Postgres ──► the sum and its rows
 *
 * It is counted from the turns: those of a chat that was deleted are gone, and so is their part of
 * it.  (A budget remembers them: budget.h.)  Imported turns were not asked here. */
#include <stdlib.h>

#include "enter.h"

enum usage_column {
    USAGE_DAY,
    USAGE_MODEL,
    USAGE_TURNS,
    USAGE_PROMPT_TOKENS,
    USAGE_COMPLETION_TOKENS,
    USAGE_COST
};

enum step usage_enter(struct job *j)
{
    return enter(j, j->ask.usage.session, false, STEP_USAGE_REQUEST);
}

enum step usage_request(struct job *j)
{
    struct args *a = job_args(j);

    args_id(a, &j->session);
    args_u64(a, j->ask.usage.days);
    args_u64(a, LIMIT_USAGE_ROWS + 1);
    enum err err = job_ask_pg(j, 0, STATEMENT_USAGE);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_USAGE_TAKE);
}

static struct usage_row read_row(const struct grid *g, unsigned row)
{
    return (struct usage_row){.day = str_cut(grid_str(g, row, USAGE_DAY), LIMIT_DATE),
                              .model = str_cut(grid_str(g, row, USAGE_MODEL), LIMIT_MODEL),
                              .turns = grid_u64(g, row, USAGE_TURNS),
                              .prompt_tokens = grid_u64(g, row, USAGE_PROMPT_TOKENS),
                              .completion_tokens = grid_u64(g, row, USAGE_COMPLETION_TOKENS),
                              .cost = grid_f64(g, row, USAGE_COST)};
}

enum step usage_take(struct job *j)
{
    const struct grid *g = &j->got[0].grid;

    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    struct usage_reply *say = mem_new(sizeof *say);
    struct buf          body = {0};
    say->turns = grid_u64(g, 0, USAGE_TURNS);
    say->prompt_tokens = grid_u64(g, 0, USAGE_PROMPT_TOKENS);
    say->completion_tokens = grid_u64(g, 0, USAGE_COMPLETION_TOKENS);
    say->cost = grid_f64(g, 0, USAGE_COST);
    for (unsigned row = 1; row < g->rows && say->rows_count < LIMIT_USAGE_ROWS; row++)
        say->rows[say->rows_count++] = read_row(g, row);
    say->is_truncated = g->rows > LIMIT_USAGE_ROWS + 1;
    usage_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}
