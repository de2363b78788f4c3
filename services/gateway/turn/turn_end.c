/* Ends a turn: the abort after a failure, then the log line, the counters and the last event. */
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "turn/turn_internal.h"

/* ---- the abort ---- */

enum turn_step turn_step_request_abort(struct turn *t)
{
    failpoint(FAILPOINT_GATEWAY_ABORT_DUE);
    turn_slot_drop(t, TURN_SLOT_RENEW);
    t->lease.is_held = false;
    if (turn_request_abort(t))
        return TURN_END;
    failpoint(FAILPOINT_GATEWAY_ABORT_REQUESTED);
    return TURN_AWAIT_ABORT;
}

/* The store's reply changes nothing: if the abort failed, the lease expires. */
enum turn_step turn_step_await_abort(struct turn *t)
{
    if (turn_slot_is_open(t, TURN_SLOT_END))
        return TURN_PARKED;
    failpoint(FAILPOINT_GATEWAY_ABORT_ANSWERED);
    return TURN_END;
}

/* ---- the end ---- */

static const char *const status_names[] = {[TURN_STATUS_OPEN] = "open",
                                           [TURN_STATUS_COMMITTED] = "committed",
                                           [TURN_STATUS_SPOOLED] = "spooled",
                                           [TURN_STATUS_UNSAVED] = "unsaved",
                                           [TURN_STATUS_STOPPED] = "stopped"};

const char *turn_status_name(const struct turn *t)
{
    return status_names[t->outcome.status];
}

/* A 4xx is no fault of the server: the turn could not have succeeded. */
static void count(enum err err, enum turn_status status, double by)
{
    if (err)
        metric_add_for(METRIC_TURNS, err_code(err), err_http(err) < 500 ? "client" : "server", by);
    else
        metric_add_for(METRIC_TURNS, status_names[status],
                       status == TURN_STATUS_UNSAVED ? "server" : "none", by);
}

void turn_init_metrics(void)
{
    for (enum turn_status s = TURN_STATUS_COMMITTED; s <= TURN_STATUS_STOPPED; s++)
        count(ERR_OK, s, 0);
    for (enum err e = ERR_OK + 1; e < ERR_COUNT; e++)
        count(e, TURN_STATUS_OPEN, 0);
}

static void count_end(const struct turn *t, uint64_t ms)
{
    count(t->outcome.err, t->outcome.status, 1);
    if (!t->outcome.err)
        metric_observe(METRIC_TURN_TIME, (double)ms / 1000);
}

static void log_end(const struct turn *t, uint64_t ms)
{
    const struct turn_answer *a = &t->answer;
    const char               *code = err_code(t->outcome.err);
    char                      trace[TRACEPARENT_LEN + 1];

    trace_write(&t->span.at, trace);
    log_info(t->log_id, "turn.done",
             "code=%s status=%s ms=%llu chunks=%u bytes=%zu model=%s cost=%g implausible=%d "
             "verdict=%llu reason=%s turn=%s trace=%s",
             code, t->outcome.err ? "aborted" : turn_status_name(t), (unsigned long long)ms,
             a->chunks, a->text.len, log_quote(str_of(a->model)), a->cost, a->is_cost_implausible,
             (unsigned long long)t->review.verdict, log_quote(str_of(t->review.reason)),
             t->params.turn_id.text, trace);
}

static void end_span(struct turn *t)
{
    enum err    err = t->outcome.err;
    bool        is_follower = t->params.is_follower;
    const char *outcome = err ? err_code(err) : turn_status_name(t);
    bool is_error = err && err_http(err) >= 500; /* as OpenTelemetry defines it for servers */
    const struct span_field fields[] = {
        FIELD_TEXT("http.request.method", is_follower ? "GET" : "POST"),
        FIELD_TEXT("http.route", is_follower ? "/chat/events/*" : "/chat"),
        FIELD_TEXT("chat.turn.id", t->params.turn_id.text),
        FIELD_TEXT("chat.turn.outcome", outcome),
        FIELD_TEXT("chat.turn.model", t->answer.model),
        FIELD_NUMBER("chat.turn.chunks", t->answer.chunks),
    };

    span_end(&t->span, is_error ? outcome : NULL, fields, COUNT_OF(fields));
}

static enum turn_event last_event(enum err err)
{
    if (!err)
        return TURN_EVENT_ANSWERED;
    return err == ERR_RETRACTED ? TURN_EVENT_RETRACTED : TURN_EVENT_FAILED;
}

enum turn_step turn_step_end(struct turn *t)
{
    uint64_t ms = t->ports->now_ms(t->ports->ctx) - t->started_ms;

    log_end(t, ms);
    end_span(t);
    if (!t->follow.is_active)
        count_end(t, ms);
    subscribers_notify(&t->subscribers, t, last_event(t->outcome.err));
    failpoint(FAILPOINT_GATEWAY_END_SENT);
    t->ports->on_end(t->ports->ctx, t);
    return TURN_DONE;
}
