/* turn_abort_request: the turn ends without a commit.
 *
 *   if its worker died, request Postgres to store it as interrupted
 *                 ▼
 *   request Redis to end it, and Postgres to settle its reserve */
#include "base/failpoint.h"
#include "base/metrics.h"
#include "budget.h"
#include "turn_end.h"
#include "wire/messages.h"

enum { SLOT_END, SLOT_SETTLE };

struct abort {
    struct job                job;
    struct turn_abort_request request;
};

static struct abort *abort_of(struct job *j)
{
    return (struct abort *)j;
}

static bool decode(struct job *j, struct str body)
{
    return turn_abort_request_decode(&abort_of(j)->request, body) == ERR_OK;
}

const struct flow flow_abort = {.message = MSG_TURN_ABORT_REQUEST,
                                .size = sizeof(struct abort),
                                .first = STEP_ABORT_START,
                                .decode = decode};

enum step abort_start(struct job *j)
{
    const struct turn_abort_request *request = &abort_of(j)->request;

    if (!job_read_ids(j, request->session, request->conversation, request->turn_id) ||
        !j->conversation.text[0] || !j->turn.text[0] || !param_fits_bigint(request->epoch) ||
        !param_fits_bigint(request->seq) || !param_fits_bigint(request->asked_at))
        return job_fail(j, ERR_BAD_REQUEST);
    return request->interrupted ? STEP_ABORT_REQUEST_INTERRUPT : STEP_ABORT_REQUEST_END;
}

enum step abort_request_interrupt(struct job *j)
{
    const struct turn_abort_request  *request = &abort_of(j)->request;
    const struct turn_end_interrupted what = {.seq = request->seq,
                                              .epoch = request->epoch,
                                              .asked_at = request->asked_at,
                                              .question = request->user_text,
                                              .answer = request->answer,
                                              .model = request->model};

    return job_request_sql(j, 0, turn_end_interrupt(&j->args, j, &what))
               ? job_reply_done(j)
               : job_await(j, STEP_ABORT_AWAIT_INTERRUPT);
}

/* If it was not stored, its lease expires, and the sweep tries again. */
enum step abort_await_interrupt(struct job *j)
{
    if (j->answer[0].err)
        return job_reply_done(j);
    if (sql_turn_interrupt_row(&j->answer[0].set, 0).stored)
        metric_add(METRIC_TURNS_INTERRUPTED, 1);
    return STEP_ABORT_REQUEST_END;
}

enum step abort_request_end(struct job *j)
{
    const struct turn_abort_request *request = &abort_of(j)->request;
    const struct turn_end            end = {
                   .epoch = request->epoch, .how = STR("aborted"), .code = request->reason};

    metric_add(METRIC_TURNS_ABORTED, 1);
    job_audit(j, "turn.aborted", STR(""), request->reason);
    j->answer[SLOT_SETTLE].err =
        budget_is_set(j->config)
            ? budget_request_settle(j, SLOT_SETTLE, request->epoch, request->spent != 0)
            : ERR_OK;
    /* without Redis there is no lease */
    j->answer[SLOT_END].err = job_request_redis(j, SLOT_END, turn_end(&j->args, j, &end));
    return j->waiting ? job_await(j, STEP_ABORT_AWAIT_END) : STEP_ABORT_AWAIT_END;
}

/* The lease expires by itself; the reserve would stay counted, so it is worth another try. */
enum step abort_await_end(struct job *j)
{
    enum err err = j->answer[SLOT_SETTLE].err;

    failpoint(FAILPOINT_STORE_ABORT_DONE);
    return err ? job_fail(j, job_public_error(err)) : job_reply_done(j);
}
