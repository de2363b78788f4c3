/* From a chat to HTTP. */
#include <stdlib.h>
#include <string.h>

#include "http/events.h"
#include "http/reply.h"
#include "routes/http_subscriber.h"
#include "turn/turn.h"

struct ear {
    struct waiter        waiter; /* first: it is the request's user */
    struct listener      listener;
    struct http_request *rq; /* borrowed, until it is answered or gone */
};

const struct http_field event_fields[] = {
    {"Content-Type", "text/event-stream"},
    {"Cache-Control", "no-store, no-transform"},
    {"X-Accel-Buffering", "no"}, /* nginx in front passes each event on at once */
};
const unsigned event_field_count = COUNT_OF(event_fields);

static struct ear *ear_of(struct listener *l)
{
    return (struct ear *)((char *)l - offsetof(struct ear, listener));
}

static void on_gone(struct waiter *w)
{
    struct ear *e = (struct ear *)w;

    audience_leave(&e->listener);
    free(e);
}

static struct ear *ear_new(struct http_request *rq)
{
    struct ear *e = mem_new(sizeof *e);

    e->waiter.on_gone = on_gone;
    e->rq = rq;
    http_set_user(rq, &e->waiter);
    return e;
}

static void ear_free(struct ear *e)
{
    http_set_user(e->rq, NULL);
    free(e);
}

/* ---- what both say ---- */

static json_t *outcome_of(const struct chat *c)
{
    json_t *outcome = json_object();

    json_object_set_new(outcome, "status", json_string(chat_status_name(c)));
    json_object_set_new(outcome, "seq", json_integer((json_int_t)c->seq));
    json_object_set_new(outcome, "finish_reason", json_string(c->finish_reason));
    json_object_set_new(outcome, "model", json_string(c->model));
    json_object_set_new(outcome, "usage",
                        reply_usage(c->prompt_tokens, c->completion_tokens, c->cost));
    json_object_set_new(outcome, "budget", reply_budget(c->has_budget, c->budget_left));
    return outcome;
}

static struct failure failure_of(const struct chat *c)
{
    return (struct failure){.err = c->err,
                            .detail = str_of(c->detail),
                            .retry_after_ms = c->retry_after_ms,
                            .turn_id = uuid_str(&c->turn_id),
                            .text = str_of(c->text)};
}

/* ---- one JSON ---- */

static void hear_json(struct listener *l, const struct chat *c, enum chat_event what)
{
    struct ear *e = ear_of(l);

    if (!chat_event_is_end(what))
        return;
    if (what == CHAT_ANSWERED) {
        json_t *body = outcome_of(c);
        json_object_set_new(body, "response", json_of(buf_view(&c->answer)));
        json_object_set_new(body, "turn_id", json_string(c->turn_id.text));
        json_object_set_new(body, "conversation_id", json_string(c->conversation.text));
        reply_json(e->rq, 200, body);
    } else {
        struct failure f = failure_of(c);
        reply_failure(e->rq, &f);
    }
    ear_free(e);
}

struct listener *listen_json(struct http_request *rq)
{
    struct ear *e = ear_new(rq);

    e->listener.hear = hear_json;
    return &e->listener;
}

/* ---- events ---- */

static json_t *started(const struct chat *c)
{
    return json_pack("{s:s,s:s,s:s}", "turn_id", c->turn_id.text, "conversation_id",
                     c->conversation.text, "model", c->model);
}

static json_t *delta(struct str news)
{
    json_t *data = json_object();

    json_object_set_new(data, "text", json_of(news));
    return data;
}

static json_t *retracted(const struct chat *c)
{
    return json_pack("{s:s,s:s}", "reason", err_text(c->err), "text", c->text);
}

static json_t *failed(const struct chat *c)
{
    struct failure f = failure_of(c);
    struct buf     message = {0};
    bool           is_retryable = c->is_retryable || err_is_passing(c->err);
    json_t        *data = json_object();

    failure_message(&f, &message);
    json_object_set_new(data, "code", json_string(err_code(c->err)));
    json_object_set_new(data, "message", json_of(buf_view(&message)));
    json_object_set_new(data, "retryable", json_boolean(is_retryable));
    json_object_set_new(data, "retry_after", json_integer((json_int_t)failure_seconds(&f)));
    json_object_set_new(data, "text", json_of(f.text));
    buf_fini(&message);
    return data;
}

/* What the listener has; one of a follower may be ahead of it, until all has come. */
static size_t place_of(const struct listener *l, const struct chat *c, enum chat_event what)
{
    bool may_be_ahead = c->is_following && !chat_event_is_end(what);
    return may_be_ahead || l->at < c->answer.len ? l->at : c->answer.len;
}

static void format(struct buf *out, struct listener *l, const struct chat *c, enum chat_event what)
{
    const char *id = c->turn_id.text;
    struct str  news = what == CHAT_DELTA ? chat_news(c, l) : (struct str){0};
    size_t      at = place_of(l, c, what);

    switch (what) {
    case CHAT_QUEUED:
        events_add(out, id, at, "queued", json_pack("{s:i}", "position", (int)c->place));
        break;
    case CHAT_WAITING:
        events_add(out, id, at, "waiting",
                   json_pack("{s:I}", "retry_after", (json_int_t)whole_seconds(c->rest_ms)));
        break;
    case CHAT_STARTED:
        events_add(out, id, at, "started", started(c));
        break;
    case CHAT_DELTA:
        if (news.len)
            events_add(out, id, at, "delta", delta(news));
        break;
    case CHAT_QUIET:
        events_comment(out, "still here");
        break;
    case CHAT_RETRACTED:
        events_add(out, id, at, "retracted", retracted(c));
        break;
    case CHAT_ANSWERED:
        events_add(out, id, at, "done", outcome_of(c));
        break;
    case CHAT_FAILED:
        events_add(out, id, at, "error", failed(c));
        break;
    }
}

static void hear_events(struct listener *l, const struct chat *c, enum chat_event what)
{
    struct ear *e = ear_of(l);
    struct buf  bytes = {0};

    format(&bytes, l, c, what);
    http_stream_write(e->rq, buf_view(&bytes));
    buf_fini(&bytes);
    if (!chat_event_is_end(what))
        return;
    http_stream_end(e->rq);
    ear_free(e);
}

struct listener *listen_events(struct http_request *rq, size_t after)
{
    struct ear *e = ear_new(rq);

    e->listener.at = after;
    e->listener.hear = hear_events;
    http_stream_open(rq, &(struct http_response){.status = 200,
                                                 .fields = event_fields,
                                                 .field_count = event_field_count,
                                                 .body = STR(": hello\n\n")});
    return &e->listener;
}

bool listen_wants_events(struct http_request *rq)
{
    struct str accept = http_header(rq, "Accept");
    return accept.len && memmem(accept.p, accept.len, "text/event-stream", 17);
}
