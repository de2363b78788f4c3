/* usage_request: what the turns of a user cost, by day and model.
 *
 *   enter ──► Postgres ──► the total and its rows
 *
 * It is counted from the turns: those of a deleted conversation are gone, and so is their cost.  (A
 * budget remembers it: turn/budget.h.)  Imported turns were not answered here, and are not counted.
 */
#include <stdlib.h>

#include "session/enter.h"
#include "wire/limits.h"
#include "wire/messages.h"

struct usage {
    struct enter         enter;
    struct usage_request request;
};

static struct usage *usage_of(struct job *j)
{
    return (struct usage *)j;
}

static bool decode(struct job *j, struct str body)
{
    return usage_request_decode(&usage_of(j)->request, body) == ERR_OK;
}

const struct flow flow_usage = {.message = MSG_USAGE_REQUEST,
                                .size = sizeof(struct usage),
                                .first = STEP_USAGE_ENTER,
                                .decode = decode,
                                .fini = enter_fini};

enum step usage_enter(struct job *j)
{
    struct usage *u = usage_of(j);

    return enter_start(&u->enter, u->request.session, false, STEP_USAGE_REQUEST);
}

/* One row more than is shown tells whether it was truncated. */
enum step usage_request(struct job *j)
{
    const struct sql_usage_by_day p = {.session = param_uuid(&j->session),
                                       .days = param_u64(usage_of(j)->request.days),
                                       .rows = param_u64(LIMIT_USAGE_ROWS + 1)};
    enum err                      err = job_request_sql(j, 0, sql_usage_by_day(&j->args, &p));

    return err ? job_fail(j, job_public_error(err)) : job_await(j, STEP_USAGE_AWAIT);
}

static struct usage_row row_of(struct sql_usage_by_day_row row)
{
    return (struct usage_row){.day = str_cut(row.day, LIMIT_DATE),
                              .model = str_cut(row.model, LIMIT_MODEL),
                              .turns = row.turns,
                              .prompt_tokens = row.prompt_tokens,
                              .completion_tokens = row.completion_tokens,
                              .cost = row.cost};
}

enum step usage_await(struct job *j)
{
    const struct result_set    *set = &j->answer[0].set;
    struct sql_usage_by_day_row total = sql_usage_by_day_row(set, 0);

    if (j->answer[0].err)
        return job_fail(j, job_public_error(j->answer[0].err));
    struct usage_reply *r = mem_new(sizeof *r);
    struct buf          body = {0};
    r->turns = total.turns;
    r->prompt_tokens = total.prompt_tokens;
    r->completion_tokens = total.completion_tokens;
    r->cost = total.cost;
    for (unsigned i = 1; i < set->rows && r->rows_count < LIMIT_USAGE_ROWS; i++)
        r->rows[r->rows_count++] = row_of(sql_usage_by_day_row(set, i));
    r->is_truncated = set->rows > LIMIT_USAGE_ROWS + 1;
    usage_reply_encode(r, &body);
    free(r);
    return job_reply(j, &body);
}
