/* search_request: a person looks for words in all their chats.
 *
 *   enter ──► Postgres ──► a page of hits
 *
 * The functions that do it are in the migration that makes the table; docs/search.md tells of them.
 */
#include <stdlib.h>

#include "enter.h"

enum hit_column {
    HIT_TURN,
    HIT_CHAT,
    HIT_TITLE,
    HIT_SEQ,
    HIT_BY_USER,
    HIT_SNIPPET,
    HIT_AT,
    HIT_NO
};

enum step search_enter(struct job *j)
{
    return enter(j, j->ask.search.session, false, STEP_SEARCH_REQUEST);
}

/* One more than is shown tells whether there are more. */
enum step search_request(struct job *j)
{
    const struct search_request *ask = &j->ask.search;
    struct args                 *a = job_args(j);

    if (ask->before > INT64_MAX || !ask->page)
        return job_fail(j, ERR_BAD_REQUEST);
    args_id(a, &j->session);
    args_bytes(a, ask->text);
    args_u64(a, ask->before);
    args_u64(a, ask->page + 1);
    enum err err = job_ask_pg(j, 0, STATEMENT_SEARCH);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_SEARCH_TAKE);
}

/* The last row may only say how far it came. */
static bool is_hit(const struct grid *g, unsigned row)
{
    return grid_str(g, row, HIT_TURN).len != 0;
}

static struct search_hit read_hit(const struct grid *g, unsigned row)
{
    return (struct search_hit){.turn_id = grid_str(g, row, HIT_TURN),
                               .conversation = grid_str(g, row, HIT_CHAT),
                               .title = str_cut(grid_str(g, row, HIT_TITLE), LIMIT_TITLE),
                               .seq = grid_u64(g, row, HIT_SEQ),
                               .by_user = grid_u64(g, row, HIT_BY_USER),
                               .snippet = str_cut(grid_str(g, row, HIT_SNIPPET), LIMIT_SNIPPET),
                               .at = grid_u64(g, row, HIT_AT)};
}

enum step search_take(struct job *j)
{
    const struct grid *g = &j->got[0].grid;
    uint64_t           page = j->ask.search.page;

    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    struct search_reply *say = mem_new(sizeof *say);
    struct buf           body = {0};
    for (unsigned row = 0; row < g->rows && say->hits_count < page && is_hit(g, row); row++)
        say->hits[say->hits_count++] = read_hit(g, row);
    if (g->rows > page)
        say->more_before = grid_u64(g, (unsigned)page - 1, HIT_NO);
    else if (g->rows && !is_hit(g, g->rows - 1))
        say->more_before = grid_u64(g, g->rows - 1, HIT_NO);
    search_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}
