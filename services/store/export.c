/* export_request: all of a chat, part by part.
 *
 *   enter ──► Postgres ──► the next turns, oldest first */
#include <stdlib.h>

#include "enter.h"
#include "history.h"

enum export_column { EXPORT_SEQ = 1, EXPORT_LOST = 13, EXPORT_TITLE, EXPORT_CREATED_AT };

#define PART_BYTES 65536 /* a part may grow sixfold as JSON, and waits for its reader in whole */

enum step export_enter(struct job *j)
{
    return enter(j, j->ask.exported.session, false, STEP_EXPORT_REQUEST);
}

enum step export_request(struct job *j)
{
    const struct export_request *ask = &j->ask.exported;
    struct args                 *a = job_args(j);

    if (!job_ids(j, ask->session, ask->conversation, STR("")) || !j->chat.text[0] ||
        ask->after_seq > INT64_MAX || ask->after_interrupted > INT64_MAX)
        return job_fail(j, ERR_BAD_REQUEST);
    args_id(a, &j->session);
    args_id(a, &j->chat);
    args_u64(a, ask->after_seq);
    args_u64(a, ask->after_interrupted);
    args_u64(a, LIMIT_PAGE / 2);
    args_u64(a, PART_BYTES);
    enum err err = job_ask_pg(j, 0, STATEMENT_EXPORT);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_EXPORT_TAKE);
}

enum step export_take(struct job *j)
{
    const struct grid *g = &j->got[0].grid;
    uint64_t           more_before;

    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    if (!g->rows)
        return job_fail(j, ERR_NOT_FOUND);
    struct export_reply *say = mem_new(sizeof *say);
    struct buf           body = {0};
    say->title = str_cut(grid_str(g, 0, EXPORT_TITLE), LIMIT_TITLE);
    say->created_at = grid_u64(g, 0, EXPORT_CREATED_AT);
    say->messages_count = history_lines(g, say->messages, &more_before);
    say->last_seq = grid_u64(g, g->rows - 1, EXPORT_SEQ);
    say->last_interrupted = grid_u64(g, g->rows - 1, EXPORT_LOST);
    export_reply_encode(say, &body);
    free(say);
    return job_say(j, &body);
}
