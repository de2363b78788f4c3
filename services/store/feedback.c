/* feedback_request: what a person thinks of an answer that is kept.
 *
 *   enter ──► Postgres ──► done, or there is no such turn of this person */
#include "enter.h"

enum step feedback_enter(struct job *j)
{
    return enter(j, j->ask.feedback.session, false, STEP_FEEDBACK_REQUEST);
}

enum step feedback_request(struct job *j)
{
    const struct feedback_request *ask = &j->ask.feedback;
    struct args                   *a = job_args(j);

    if (!job_ids(j, ask->session, STR(""), ask->turn_id) || !j->turn.text[0])
        return job_fail(j, ERR_BAD_REQUEST);
    args_id(a, &j->session);
    args_id(a, &j->turn);
    args_u64(a, ask->feedback);
    enum err err = job_ask_pg(j, 0, STATEMENT_FEEDBACK);
    return err ? job_fail(j, job_trouble(err)) : job_park(j, STEP_FEEDBACK_TAKE);
}

enum step feedback_take(struct job *j)
{
    if (j->got[0].err)
        return job_fail(j, job_trouble(j->got[0].err));
    return grid_u64(&j->got[0].grid, 0, 0) ? job_say_done(j) : job_fail(j, ERR_NOT_FOUND);
}
