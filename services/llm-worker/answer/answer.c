/* One answer: the bus on one side, OpenRouter on the other, answer_state between them.
 *
 *   on_request -> transfer_start -> answer_state_read_* -> chunks -> backend_chunk
 *                                   (and the timer)        end    -> backend_final / _error
 *
 * After every event, advance() does what is due: it sends chunks as far as the bus gives credit,
 * leaves the upstream when the state no longer needs it, ends the call when everything was sent,
 * and otherwise sets the timer and pauses the upstream while chunks wait. */
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/answer_metrics.h"
#include "answer/answer_state.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/span.h"
#include "openrouter/keyring.h"
#include "openrouter/transfer.h"

/* The answer ends a little before its time on the bus, so that the error is ours. */
#define TTL_MARGIN_MS 250

struct answer {
    struct call            call; /* first */
    struct answer_planner *planner;
    struct answer_plan     plan;
    struct answer_state    state;
    struct transfer       *transfer;
    struct timer           timer;
    struct span            server_span, client_span; /* for the gateway; of OpenRouter */
    char                   client_span_name[140];
};

/* ---- the end ---- */

static void log_end(const struct answer *a, const char *outcome)
{
    const struct answer_state *s = &a->state;

    log_info(a->call.handle, "answer.end",
             "outcome=%s turn=%s requested=%s model=%s http=%u finish=%s first_token_ms=%llu "
             "ms=%llu prompt_tokens=%llu completion_tokens=%llu cost=%.8g generation=%s "
             "unreadable=%u trace=%s",
             outcome, log_quote(str_of(a->call.turn_id)), log_quote(str_of(a->plan.names[0])),
             log_quote(str_of(s->model)), s->failure.status ? s->failure.status : s->head.status,
             log_quote(str_of(s->finish)), (unsigned long long)s->first_token_ms,
             (unsigned long long)(clock_ms() - a->call.began),
             (unsigned long long)s->usage.prompt_tokens,
             (unsigned long long)s->usage.completion_tokens, s->usage.cost,
             log_quote(str_of(s->generation)), s->unreadable_events,
             log_quote(str_of(a->call.trace)));
}

static void end(struct answer *a, const char *outcome)
{
    struct answer_end e = {
        .config = a->call.calls->config,
        .plan = &a->plan,
        .state = &a->state,
        .cost = answer_plan_cost(a->planner, &a->plan, &a->state),
        .outcome = outcome,
        .ms = clock_ms() - a->call.began,
    };

    a->state.usage.cost = e.cost.usd;
    log_end(a, outcome);
    answer_metrics_count(&e);
    answer_metrics_end_spans(&e, &a->client_span, &a->server_span);
    timer_stop(&a->timer);
    transfer_drop(&a->transfer);
    answer_state_fini(&a->state);
    call_end(&a->call);
}

static void report_failure(struct answer *a)
{
    struct upstream_failure f = a->state.failure;
    bool                    is_silence = f.err == ERR_UPSTREAM_TIMEOUT && !f.status;

    answer_plan_failed(a->planner, &a->plan, &f, clock_ms());
    if (is_silence) /* the user has waited long enough: no second attempt */
        f.retryable = false;
    call_report_failure(a->call.calls, a->call.handle, &f);
    end(a, err_code(f.err));
}

static void report_answer(struct answer *a)
{
    struct backend         *bus = a->call.calls->backend;
    struct answer_cost      cost = answer_plan_cost(a->planner, &a->plan, &a->state);
    struct llm_answer_reply reply;
    struct buf              body = {0};

    answer_plan_succeeded(a->planner, &a->plan, &a->state);
    if (cost.implausible)
        log_warn(a->call.handle, "answer.cost_implausible", "reported=%.8g computed=%.8g model=%s",
                 a->state.usage.cost, cost.usd, log_quote(str_of(a->state.model)));
    answer_state_reply(&a->state, &reply);
    reply.cost = cost.usd;
    reply.cost_implausible = cost.implausible;
    reply.cost_unknown = cost.unknown;
    llm_answer_reply_encode(&reply, &body);
    failpoint(FAILPOINT_WORKER_FINAL_DUE);
    backend_final(bus, a->call.handle, buf_view(&body));
    failpoint(FAILPOINT_WORKER_FINAL_SENT);
    buf_fini(&body);
    end(a, "ok");
}

/* ---- what is due ---- */

static void on_timer(void *ctx);

static void send_chunks(struct answer *a)
{
    struct backend  *bus = a->call.calls->backend;
    struct llm_chunk chunk;
    struct buf       body = {0};

    while (backend_credit(bus, a->call.handle) > 0 && answer_state_take_chunk(&a->state, &chunk)) {
        buf_clear(&body);
        if (chunk.model.len)
            chunk.is_free = answer_plan_is_free(a->planner, &a->plan, chunk.model);
        llm_chunk_encode(&chunk, &body);
        backend_chunk(bus, a->call.handle, buf_view(&body));
        failpoint(FAILPOINT_WORKER_CHUNK_SENT);
    }
    buf_fini(&body);
}

/* A stream that ended properly leaves a connection that can be reused. */
static void leave_upstream(struct answer *a)
{
    if (a->state.phase == ANSWER_DONE && a->state.ended)
        transfer_finish(&a->transfer);
    else
        transfer_drop(&a->transfer);
}

static void wait_for_more(struct answer *a, uint64_t now)
{
    bool paused = answer_state_has_chunk(&a->state);

    answer_state_pause(&a->state, paused, now);
    if (a->transfer)
        transfer_pause(a->transfer, paused);
    uint64_t at = answer_state_deadline(&a->state);
    timer_start(&a->timer, a->call.calls->loop, at > now ? at - now : 0, on_timer, a);
}

static void advance(struct answer *a)
{
    if (answer_state_has_output(&a->state))
        answer_plan_first_token(a->planner, &a->plan, str_of(a->state.model));
    send_chunks(a);
    if (a->state.phase != ANSWER_RUNNING)
        leave_upstream(a);
    if (!answer_state_is_over(&a->state))
        wait_for_more(a, clock_ms());
    else if (a->state.phase == ANSWER_FAILED)
        report_failure(a);
    else
        report_answer(a);
}

static void on_timer(void *ctx)
{
    struct answer *a = ctx;

    answer_state_tick(&a->state, clock_ms(), clock_wall_ms());
    advance(a);
}

static void resume(struct call *c)
{
    advance((struct answer *)c);
}

static void cancel(struct call *c, enum cancel_source by)
{
    struct answer *a = (struct answer *)c;

    transfer_drop(&a->transfer); /* first, so that no more of it is generated */
    failpoint(FAILPOINT_WORKER_CANCELLED);
    answer_plan_abandon(a->planner, &a->plan);
    call_report_cancelled(c, by);
    end(a, "cancelled");
}

/* ---- the transfer ---- */

/* OpenTelemetry wants the model in the span's name, and few names.  Clients may ask for any name;
 * the ones that OpenRouter accepts are its models. */
static void name_client_span(struct answer *a)
{
    str_format(a->client_span_name, sizeof a->client_span_name, "chat %s", a->plan.names[0]);
    a->client_span.name = a->client_span_name;
}

static void on_head(void *ctx, const struct upstream_head *head)
{
    struct answer *a = ctx;

    answer_state_read_head(&a->state, head);
    if (head->status == 200)
        name_client_span(a);
    failpoint(FAILPOINT_WORKER_HEADERS_RECEIVED);
}

static void on_bytes(void *ctx, struct str bytes)
{
    struct answer *a = ctx;

    answer_state_read_bytes(&a->state, bytes, clock_ms(), clock_wall_ms());
    advance(a);
}

static void on_end(void *ctx, enum upstream_end how)
{
    struct answer *a = ctx;

    answer_state_read_end(&a->state, how, clock_ms(), clock_wall_ms());
    transfer_drop(&a->transfer);
    advance(a);
}

static const struct transfer_handlers handlers = {
    .on_head = on_head,
    .on_bytes = on_bytes,
    .on_end = on_end,
};

/* ---- the start ---- */

static uint64_t lower(uint64_t ours, uint64_t requested)
{
    return requested && requested < ours ? requested : ours;
}

static struct answer_timeouts timeouts_of(const struct config             *c,
                                          const struct llm_answer_request *request, uint64_t ttl_ms)
{
    uint64_t left = ttl_ms > 2 * TTL_MARGIN_MS ? ttl_ms - TTL_MARGIN_MS : ttl_ms;

    return (struct answer_timeouts){
        .first_token_ms = c->first_token_ms,
        .idle_ms = c->idle_ms,
        .total_ms = lower(lower(c->total_ms, request->total_ms), left),
    };
}

/* traceparent: what OpenRouter is sent. */
static void begin_spans(struct answer *a, char traceparent[TRACEPARENT_LEN + 1])
{
    struct trace parent;

    trace_read(&parent, str_of(a->call.trace));
    span_begin(&a->server_span, "llm_answer_request", SPAN_SERVER, &parent);
    span_begin(&a->client_span, "chat", SPAN_CLIENT, &a->server_span.at);
    trace_write(&a->client_span.at, traceparent);
}

static void start(struct answer *a, struct calls *calls, const struct backend_request *rq,
                  const struct llm_answer_request *request, struct upstream_request *post)
{
    const struct answer_timeouts timeouts = timeouts_of(calls->config, request, rq->ttl_ms);
    char                         traceparent[TRACEPARENT_LEN + 1];

    a->call.cancel = cancel;
    a->call.resume = resume;
    call_begin(&a->call, calls, rq);
    str_copy(a->call.turn_id, sizeof a->call.turn_id, request->turn_id);
    answer_state_init(&a->state, &timeouts, a->call.began);
    begin_spans(a, traceparent);
    post->trace = traceparent;
    a->transfer = transfer_start(calls->transfers, post, &handlers, a);
    advance(a);
}

static void refuse(struct calls *calls, const struct backend_request *rq,
                   const struct upstream_failure *why)
{
    struct trace parent;
    struct span  span;

    trace_read(&parent, rq->trace);
    span_begin(&span, "llm_answer_request", SPAN_SERVER, &parent);
    span_end(&span, err_code(why->err), NULL, 0);
    log_info(rq->handle, "answer.refused", "why=%s trace=%s", err_code(why->err),
             log_quote(rq->trace));
    call_report_failure(calls, rq->handle, why);
}

static bool is_valid(const struct llm_answer_request *request)
{
    return request->context_count && request->context[request->context_count - 1].by_user &&
           (!request->model.len || model_route_is_name(request->model));
}

void answer_start(struct calls *calls, struct answer_planner *planner,
                  const struct backend_request *rq)
{
    const struct config       *c = calls->config;
    struct llm_answer_request *request = mem_new(sizeof *request);
    struct answer             *a = mem_new(sizeof *a);
    struct buf                 key = {0}, body = {0};
    struct upstream_failure    why = upstream_failure_of(ERR_BAD_REQUEST, false, "");

    a->planner = planner;
    if (llm_answer_request_decode(request, rq->body) == ERR_OK && is_valid(request) &&
        keyring_open(&c->ring, c->operator_key, request->sealed_key, &key, &why) &&
        answer_plan_make(planner, &a->plan, request, clock_ms(), &body, &why)) {
        struct upstream_request post = {
            .path = "/chat/completions",
            .key = buf_view(&key),
            .body = buf_view(&body),
        };
        failpoint(FAILPOINT_WORKER_ACCEPTED);
        start(a, calls, rq, request, &post);
    } else {
        refuse(calls, rq, &why);
        free(a);
    }
    buf_fini(&body);
    seal_wipe(&key);
    free(request);
}
