/* One answer: the bus on one side, OpenRouter on the other, a job between them.
 *
 *   on_request -> transfer_start -> job_take_*  -> pieces -> backend_chunk
 *                                  (and the clock)      \-> end -> backend_final / _error
 *
 * After everything that happens, advance() does what is due: sends pieces as far
 * as the bus gives credit, leaves the upstream when the job needs it no more,
 * ends the call when all is told, else sets the clock and, while pieces wait,
 * holds the upstream. */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/span.h"
#include "job.h"
#include "keyring.h"
#include "plan.h"
#include "tally.h"

/* Ends a little before the bus would, so that the reason is ours to tell. */
#define TTL_MARGIN_MS 250

struct answer {
    struct call      call;          /* first */
    struct span      served, asked; /* for the gateway, and of OpenRouter */
    char             asked_name[140];
    struct job       job;
    struct transfer *transfer;
    struct timer     clock;
    struct plan      plan;
};

/* ---- the end ---- */

static void log_end(const struct answer *a, const char *outcome)
{
    const struct job *j = &a->job;

    log_info(a->call.handle, "answer.end",
             "outcome=%s turn=%s asked=%s model=%s http=%u finish=%s first_ms=%llu ms=%llu "
             "prompt_tokens=%llu completion_tokens=%llu cost=%.8g generation=%s unread=%u trace=%s",
             outcome, log_quote(str_of(a->call.turn_id)), log_quote(str_of(a->plan.names[0])),
             log_quote(str_of(j->model)), j->failure.status ? j->failure.status : j->head.status,
             log_quote(str_of(j->finish)), (unsigned long long)j->first_ms,
             (unsigned long long)(clock_ms() - a->call.began),
             (unsigned long long)j->usage.prompt_tokens,
             (unsigned long long)j->usage.completion_tokens, j->usage.cost,
             log_quote(str_of(j->generation)), j->bad_events, log_quote(str_of(a->call.trace)));
}

static bool is_good(const char *outcome)
{
    return strcmp(outcome, "ok") == 0 || strcmp(outcome, "cancelled") == 0;
}

static void end(struct answer *a, const char *outcome)
{
    struct cost cost = plan_cost(&a->call.worker->planner, &a->plan, &a->job);

    a->job.usage.cost = cost.usd;
    log_end(a, outcome);
    tally_answer(a->call.worker->config, &a->job, &a->plan, &cost, outcome,
                 clock_ms() - a->call.began, &a->asked);
    span_end(&a->served, is_good(outcome) ? NULL : outcome, NULL, 0);
    timer_stop(&a->clock);
    transfer_drop(&a->transfer);
    job_fini(&a->job);
    worker_end(&a->call);
}

static void tell_failure(struct answer *a)
{
    struct worker  *w = a->call.worker;
    struct failure *f = &a->job.failure;
    bool            is_silence = f->err == ERR_UPSTREAM_TIMEOUT && !f->status;

    plan_failed(&w->planner, &a->plan, f, clock_ms());
    /* Who waited in vain is told so, not made to wait once more. */
    backend_error(w->backend, a->call.handle, f->err, f->retryable && !is_silence,
                  f->retry_after_ms, str_of(f->detail));
    end(a, err_code(f->err));
}

/* Its cost is only named here, so a stream and a whole answer cost the same. */
static void tell_answer(struct answer *a)
{
    struct worker          *w = a->call.worker;
    struct cost             cost = plan_cost(&w->planner, &a->plan, &a->job);
    struct llm_answer_reply say;
    struct buf              body = {0};

    plan_worked(&w->planner, &a->plan, &a->job);
    if (cost.doubtful)
        log_warn(a->call.handle, "answer.cost_implausible", "named=%.8g counted=%.8g model=%s",
                 a->job.usage.cost, cost.usd, log_quote(str_of(a->job.model)));
    job_say(&a->job, &say);
    say.cost = cost.usd;
    say.cost_implausible = cost.doubtful;
    say.cost_unknown = cost.unknown;
    llm_answer_reply_encode(&say, &body);
    failpoint(FAILPOINT_WORKER_FINAL_DUE);
    backend_final(w->backend, a->call.handle, buf_view(&body));
    failpoint(FAILPOINT_WORKER_FINAL_SENT);
    buf_fini(&body);
    end(a, "ok");
}

static void end_told(struct answer *a)
{
    if (a->job.state == JOB_FAILED)
        tell_failure(a);
    else
        tell_answer(a);
}

/* ---- what is due ---- */

static void on_clock(void *ctx);

static void send_pieces(struct answer *a)
{
    struct backend  *bus = a->call.worker->backend;
    struct llm_chunk piece;
    struct buf       body = {0};

    while (backend_credit(bus, a->call.handle) > 0 && job_take_piece(&a->job, &piece)) {
        buf_clear(&body);
        if (piece.model.len)
            piece.is_free = plan_is_free(&a->call.worker->planner, &a->plan, piece.model);
        llm_chunk_encode(&piece, &body);
        backend_chunk(bus, a->call.handle, buf_view(&body));
        failpoint(FAILPOINT_WORKER_PIECE_SENT);
    }
    buf_fini(&body);
}

static void leave_upstream(struct answer *a)
{
    if (a->job.state == JOB_DONE && a->job.ended)
        transfer_finish(&a->transfer);
    else
        transfer_drop(&a->transfer);
}

static void advance(struct answer *a)
{
    uint64_t now = clock_ms();

    if (job_has_spoken(&a->job))
        plan_spoken(&a->call.worker->planner, &a->plan, str_of(a->job.model));
    send_pieces(a);
    if (a->job.state != JOB_RUNS)
        leave_upstream(a);
    if (job_is_over(&a->job)) {
        end_told(a);
        return;
    }
    bool held = job_has_piece(&a->job);
    job_hold(&a->job, held, now);
    if (a->transfer)
        transfer_hold(a->transfer, held);
    uint64_t at = job_next_time(&a->job);
    timer_start(&a->clock, a->call.worker->loop, at > now ? at - now : 0, on_clock, a);
}

static void on_clock(void *ctx)
{
    struct answer *a = ctx;

    job_take_time(&a->job, clock_ms(), clock_wall_ms());
    advance(a);
}

static void on_credit(struct call *c)
{
    advance((struct answer *)c);
}

static void on_cancel(struct call *c, enum end_by by)
{
    struct answer *a = (struct answer *)c;

    transfer_drop(&a->transfer); /* first: whoever stops it wants no more of it made */
    failpoint(FAILPOINT_WORKER_CANCELLED);
    plan_given_up(&c->worker->planner, &a->plan);
    worker_tell_ended(c, by);
    end(a, "cancelled");
}

/* OpenTelemetry wants the model in the name, and names that are few.  People may ask for any name;
 * those that OpenRouter takes are its models. */
static void name_model(struct answer *a)
{
    str_format(a->asked_name, sizeof a->asked_name, "chat %s", a->plan.names[0]);
    a->asked.name = a->asked_name;
}

static void on_head(void *ctx, const struct reply_head *head)
{
    struct answer *a = ctx;

    job_take_head(&a->job, head);
    if (head->status == 200)
        name_model(a);
    failpoint(FAILPOINT_WORKER_HEAD_TAKEN);
}

static void on_bytes(void *ctx, struct str bytes)
{
    struct answer *a = ctx;

    job_take_bytes(&a->job, bytes, clock_ms(), clock_wall_ms());
    advance(a);
}

static void on_end(void *ctx, enum reply_end reply_end)
{
    struct answer *a = ctx;

    job_take_end(&a->job, reply_end, clock_ms(), clock_wall_ms());
    transfer_drop(&a->transfer);
    advance(a);
}

static const struct transfer_handlers handlers = {on_head, on_bytes, on_end};

/* ---- the beginning ---- */

static uint64_t lower(uint64_t ours, uint64_t asked)
{
    return asked && asked < ours ? asked : ours;
}

static struct job_limits limits_of(const struct config *c, const struct llm_answer_request *ask,
                                   uint64_t ttl_ms)
{
    uint64_t left = ttl_ms > 2 * TTL_MARGIN_MS ? ttl_ms - TTL_MARGIN_MS : ttl_ms;

    return (struct job_limits){
        .first_ms = c->first_ms,
        .idle_ms = c->idle_ms,
        .total_ms = lower(lower(c->total_ms, ask->total_ms), left),
    };
}

/* trace: what OpenRouter is told. */
static void begin_spans(struct answer *a, char trace[TRACEPARENT_LEN + 1])
{
    struct trace above;

    trace_read(&above, str_of(a->call.trace));
    span_begin(&a->served, "llm_answer_request", SPAN_SERVER, &above);
    span_begin(&a->asked, "chat", SPAN_CLIENT, &a->served.at);
    trace_write(&a->asked.at, trace);
}

static void begin(struct worker *w, const struct backend_request *rq,
                  const struct llm_answer_request *ask, const struct plan *plan,
                  const struct upstream_request *post)
{
    struct answer          *a = mem_new(sizeof *a);
    struct job_limits       limits = limits_of(w->config, ask, rq->ttl_ms);
    struct upstream_request traced = *post;
    char                    trace[TRACEPARENT_LEN + 1];

    a->call.on_cancel = on_cancel;
    a->call.on_credit = on_credit;
    worker_begin(w, &a->call, rq);
    str_format(a->call.turn_id, sizeof a->call.turn_id, "%.*s", (int)ask->turn_id.len,
               ask->turn_id.len ? ask->turn_id.p : "");
    a->plan = *plan;
    job_init(&a->job, &limits, a->call.began);
    begin_spans(a, trace);
    traced.trace = trace;
    a->transfer = transfer_start(w->transfers, &traced, &handlers, a);
    advance(a);
}

static void refuse(struct worker *w, const struct backend_request *rq, const struct failure *why)
{
    uint64_t     handle = rq->handle;
    struct trace above;
    struct span  span;

    trace_read(&above, rq->trace);
    span_begin(&span, "llm_answer_request", SPAN_SERVER, &above);
    span_end(&span, err_code(why->err), NULL, 0);
    log_info(handle, "answer.refused", "why=%s trace=%s", err_code(why->err), log_quote(rq->trace));
    if (why->is_here)
        backend_error_local(w->backend, handle, why->err, why->retry_after_ms, str_of(why->detail));
    else
        backend_error(w->backend, handle, why->err, why->retryable, why->retry_after_ms,
                      str_of(why->detail));
}

void answer_start(struct worker *w, const struct backend_request *rq)
{
    struct llm_answer_request *ask = mem_new(sizeof *ask);
    struct buf                 key = {0}, body = {0};
    struct plan                plan;
    struct failure             why = failure_of(ERR_BAD_REQUEST, false, "");
    bool good = llm_answer_request_decode(ask, rq->body) == ERR_OK && ask->context_count &&
                ask->context[ask->context_count - 1].by_user &&
                (!ask->model.len || route_is_name(ask->model));

    if (good && keyring_open(&w->config->ring, w->config->house_key, ask->sealed_key, &key, &why) &&
        plan_make(&w->planner, &plan, ask, clock_ms(), &body, &why)) {
        const struct upstream_request post = {"/chat/completions", buf_view(&key), buf_view(&body),
                                              NULL};
        failpoint(FAILPOINT_WORKER_ACCEPTED);
        begin(w, rq, ask, &plan, &post);
    } else {
        refuse(w, rq, &why);
    }
    buf_fini(&body);
    seal_wipe(&key);
    free(ask);
}
