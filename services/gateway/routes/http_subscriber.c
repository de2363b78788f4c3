/* From events of a turn to HTTP. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "http/events.h"
#include "http/reply.h"
#include "http/request_context.h"
#include "routes/http_subscriber.h"
#include "turn/turn.h"

struct http_subscriber {
    struct request_hooks hooks; /* first: it is the user of the request */
    struct subscriber    subscriber;
    struct http_request *rq; /* borrowed, until it is answered or gone */
};

static struct http_subscriber *of(struct subscriber *s)
{
    return (struct http_subscriber *)((char *)s - offsetof(struct http_subscriber, subscriber));
}

static void on_gone(struct request_hooks *hooks)
{
    struct http_subscriber *h = (struct http_subscriber *)hooks;

    subscribers_remove(&h->subscriber);
    free(h);
}

static struct http_subscriber *subscriber_new(struct http_request *rq)
{
    struct http_subscriber *h = mem_new(sizeof *h);

    h->hooks.on_gone = on_gone;
    h->rq = rq;
    http_set_user(rq, &h->hooks);
    return h;
}

static void subscriber_free(struct http_subscriber **h)
{
    http_set_user((*h)->rq, NULL);
    free(*h);
    *h = NULL;
}

/* ---- what both send ---- */

static json_t *outcome_of(const struct turn *t)
{
    const struct turn_answer  *a = &t->answer;
    const struct turn_outcome *outcome = &t->outcome;
    json_t                    *o = json_object();

    json_object_set_new(o, "status", json_string(turn_status_name(t)));
    json_object_set_new(o, "seq", json_integer((json_int_t)t->seq));
    json_object_set_new(o, "finish_reason", json_string(a->finish_reason));
    json_object_set_new(o, "model", json_string(a->model));
    json_object_set_new(o, "usage", reply_usage(a->prompt_tokens, a->completion_tokens, a->cost));
    json_object_set_new(o, "budget", reply_budget(outcome->has_budget, outcome->budget_left));
    return o;
}

static struct reply_failure failure_of(const struct turn *t)
{
    return (struct reply_failure){.err = t->outcome.err,
                                  .detail = str_of(t->outcome.detail),
                                  .retry_after_ms = t->outcome.retry_after_ms,
                                  .turn_id = uuid_str(&t->params.turn_id),
                                  .text = str_of(t->params.text)};
}

/* ---- one JSON ---- */

static void reply_answer(struct http_request *rq, const struct turn *t)
{
    json_t *body = outcome_of(t);

    json_object_set_new(body, "response", reply_string(buf_view(&t->answer.text)));
    json_object_set_new(body, "turn_id", json_string(t->params.turn_id.text));
    json_object_set_new(body, "conversation_id", json_string(t->conversation.text));
    reply_json(rq, 200, body);
}

static void on_event_json(struct subscriber *s, const struct turn *t, enum turn_event e)
{
    struct http_subscriber *h = of(s);
    struct reply_failure    f = failure_of(t);

    if (!turn_event_is_end(e))
        return;
    if (e == TURN_EVENT_ANSWERED)
        reply_answer(h->rq, t);
    else
        reply_failure(h->rq, &f);
    subscriber_free(&h);
}

struct subscriber *http_subscriber_json(struct http_request *rq)
{
    struct http_subscriber *h = subscriber_new(rq);

    h->subscriber.on_event = on_event_json;
    return &h->subscriber;
}

/* ---- events ---- */

static json_t *started(const struct turn *t)
{
    return json_pack("{s:s,s:s,s:s}", "turn_id", t->params.turn_id.text, "conversation_id",
                     t->conversation.text, "model", t->answer.model);
}

static json_t *delta(struct str text)
{
    json_t *data = json_object();

    json_object_set_new(data, "text", reply_string(text));
    return data;
}

static json_t *retracted(const struct turn *t)
{
    return json_pack("{s:s,s:s}", "reason", err_text(t->outcome.err), "text", t->params.text);
}

static json_t *failed(const struct turn *t)
{
    enum err             err = t->outcome.err;
    struct reply_failure f = failure_of(t);
    struct buf           message = {0};
    bool                 is_retryable = t->outcome.is_retryable || reply_is_temporary(err);
    json_t              *data = json_object();

    reply_failure_message(&f, &message);
    json_object_set_new(data, "code", json_string(err_code(err)));
    json_object_set_new(data, "message", reply_string(buf_view(&message)));
    json_object_set_new(data, "retryable", json_boolean(is_retryable));
    json_object_set_new(data, "retry_after", json_integer((json_int_t)reply_failure_seconds(&f)));
    json_object_set_new(data, "text", reply_string(f.text));
    buf_fini(&message);
    return data;
}

/* How much of the answer the subscriber has.  That of a follower may be ahead of its turn, until
 * the turn has caught up. */
static size_t offset_of(const struct subscriber *s, const struct turn *t, enum turn_event e)
{
    bool may_be_ahead = t->follow.is_active && !turn_event_is_end(e);
    return may_be_ahead || s->at < t->answer.text.len ? s->at : t->answer.text.len;
}

static void format(struct buf *out, struct subscriber *s, const struct turn *t, enum turn_event e)
{
    const char *id = t->params.turn_id.text;
    struct str  text = e == TURN_EVENT_DELTA ? turn_unsent(t, s) : (struct str){0};
    size_t      at = offset_of(s, t, e);
    json_int_t  backoff = (json_int_t)reply_seconds(t->answer.backoff_ms);

    switch (e) {
    case TURN_EVENT_QUEUED:
        events_add(out, id, at, "queued",
                   json_pack("{s:i}", "position", (int)t->answer.queue_position));
        break;
    case TURN_EVENT_BACKOFF:
        events_add(out, id, at, "waiting", json_pack("{s:I}", "retry_after", backoff));
        break;
    case TURN_EVENT_STARTED:
        events_add(out, id, at, "started", started(t));
        break;
    case TURN_EVENT_DELTA:
        if (text.len)
            events_add(out, id, at, "delta", delta(text));
        break;
    case TURN_EVENT_KEEPALIVE:
        events_comment(out, "keep-alive");
        break;
    case TURN_EVENT_RETRACTED:
        events_add(out, id, at, "retracted", retracted(t));
        break;
    case TURN_EVENT_ANSWERED:
        events_add(out, id, at, "done", outcome_of(t));
        break;
    case TURN_EVENT_FAILED:
        events_add(out, id, at, "error", failed(t));
        break;
    }
}

static void on_event_stream(struct subscriber *s, const struct turn *t, enum turn_event e)
{
    struct http_subscriber *h = of(s);
    struct buf              bytes = {0};

    format(&bytes, s, t, e);
    http_stream_write(h->rq, buf_view(&bytes));
    buf_fini(&bytes);
    if (!turn_event_is_end(e))
        return;
    http_stream_end(h->rq);
    subscriber_free(&h);
}

struct subscriber *http_subscriber_events(struct http_request *rq, size_t after)
{
    static const struct http_field fields[] = {
        {.name = "Content-Type", .value = "text/event-stream"},
        {.name = "Cache-Control", .value = "no-store, no-transform"},
        {.name = "X-Accel-Buffering", .value = "no"}, /* nginx then forwards events at once */
    };
    struct http_subscriber *h = subscriber_new(rq);

    h->subscriber.at = after;
    h->subscriber.on_event = on_event_stream;
    http_stream_open(rq, &(struct http_response){.status = 200,
                                                 .fields = fields,
                                                 .field_count = COUNT_OF(fields),
                                                 .body = STR(": hello\n\n")});
    return &h->subscriber;
}

bool http_subscriber_wants_events(struct http_request *rq)
{
    struct str accept = http_header(rq, "Accept");
    return accept.len && memmem(accept.p, accept.len, "text/event-stream", 17);
}
