/* A commit message as a statement. */
#include "commit_call.h"
#include "budget.h"

#define ASKED_AT_MAX 4102444800000 /* the year 2100: a clock that is so far off is broken */

static bool has_valid_numbers(const struct turn_commit_request *request)
{
    return request->seq && param_fits_bigint(request->seq) && param_fits_bigint(request->epoch) &&
           param_fits_bigint(request->prompt_tokens) &&
           param_fits_bigint(request->completion_tokens) && request->cost >= 0 &&
           request->asked_at < ASKED_AT_MAX;
}

bool commit_call_read(struct job *j, const struct turn_commit_request *request)
{
    return job_read_ids(j, request->session, request->conversation, request->turn_id) &&
           j->conversation.text[0] && j->turn.text[0] && has_valid_numbers(request) &&
           (str_is(request->status, "committed") || str_is(request->status, "stopped"));
}

struct sql_call commit_call(struct job *j, const struct turn_commit_request *request)
{
    const struct sql_turn_commit p = {.session = param_uuid(&j->session),
                                      .conversation = param_uuid(&j->conversation),
                                      .turn = param_uuid(&j->turn),
                                      .epoch = param_u64(request->epoch),
                                      .seq = param_u64(request->seq),
                                      .question = param_text(request->user_text),
                                      .answer = param_text(request->answer),
                                      .status = param_text(request->status),
                                      .verdict = param_u64(request->verdict),
                                      .model = param_text(request->model),
                                      .finish_reason = param_text(request->finish_reason),
                                      .generation = param_text(request->generation_id),
                                      .prompt_tokens = param_u64(request->prompt_tokens),
                                      .completion_tokens = param_u64(request->completion_tokens),
                                      .cost = param_f64(request->cost),
                                      .asked_at = param_u64(request->asked_at),
                                      .cost_nanos = param_u64(budget_nanos(request->cost)),
                                      .cost_unknown = param_u64(request->cost_unknown)};

    return sql_turn_commit(&j->args, &p);
}

struct str commit_call_spooled_status(const struct turn_commit_request *commit)
{
    return str_is(commit->status, "stopped") ? commit->status : STR("spooled");
}
