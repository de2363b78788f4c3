/* POST /chat and /chat/stop: starts a turn, or joins one that runs, and stops it. */
#include <string.h>

#include "http/body.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/http_subscriber.h"
#include "turn/turns.h"

#define IDEMPOTENCY_KEY_MAX 255
#define CROWDED_MS          1000 /* to wait when a turn has too many subscribers */
#define FULL_MS             5000 /* to wait when the gateway has too many turns */

/* ---- reading the request into the turn's parameters ---- */

/* An Idempotency-Key names the turn as well; one that is not a UUID is made into one. */
static struct uuid turn_id_of(const struct request_context *c)
{
    struct str  key = http_header(c->rq, "Idempotency-Key");
    struct uuid id;
    struct buf  name = {0};

    if (!key.len || key.len > IDEMPOTENCY_KEY_MAX)
        return uuid_new();
    if (uuid_parse(&id, key))
        return id;
    buf_print(&name, "%s ", c->who.session.text);
    buf_str(&name, key);
    id = uuid_derive("idempotency-key", buf_view(&name));
    buf_fini(&name);
    return id;
}

static enum err read_message(const struct request_context *c, struct turn_params *p,
                             struct buf *why)
{
    struct str text;

    if (!body_text(c->body, "message", SIZE_MAX, &text, why))
        return ERR_BAD_REQUEST;
    p->text = str_dup(text);
    if (text.len > LIMIT_QUESTION) {
        buf_print(why, "The message is too long: it has %zu bytes; the limit is %d.", text.len,
                  LIMIT_QUESTION);
        return ERR_TOO_LONG;
    }
    if (str_trim(text).len)
        return ERR_OK;
    buf_print(why, "\"message\" is missing or empty.");
    return ERR_BAD_REQUEST;
}

/* "conversation_id" missing: the current one; null: a new one.  With "after_seq": a branch. */
static bool read_conversation(const struct request_context *c, struct turn_params *p,
                              struct buf *why)
{
    json_int_t after_seq;

    p->is_new_conversation = json_is_null(json_object_get(c->body, "conversation_id"));
    p->is_branch = json_is_integer(json_object_get(c->body, "after_seq"));
    if (!body_uuid(c->body, "conversation_id", &p->conversation, why) ||
        !body_number(c->body, "after_seq", 0, INT64_MAX, &after_seq, why))
        return false;
    p->after_seq = (uint64_t)after_seq;
    if (!p->is_branch || p->conversation.text[0])
        return true;
    buf_print(why, "\"after_seq\" needs a \"conversation_id\".");
    return false;
}

static bool read_model(const struct request_context *c, struct turn_params *p, struct buf *why)
{
    struct str model;

    if (!body_text(c->body, "model", LIMIT_MODEL, &model, why))
        return false;
    p->model = str_dup(model);
    if (!model.len || body_is_model(model))
        return true;
    buf_print(why, "\"model\" is not the name of a model.");
    return false;
}

static enum err read_params(const struct request_context *c, struct turn_params *p, struct buf *why)
{
    enum err err = read_message(c, p, why);

    if (err)
        return err;
    if (!body_uuid(c->body, "turn_id", &p->turn_id, why) || !read_conversation(c, p, why) ||
        !read_model(c, p, why))
        return ERR_BAD_REQUEST;
    if (!p->turn_id.text[0])
        p->turn_id = turn_id_of(c);
    p->session = c->who.session;
    p->history_max = c->gw->config->history_messages - 1;
    p->answer_ms = c->gw->config->answer_timeout_ms;
    handler_address_hash(c, p->address_hash);
    trace_read(&p->trace, http_header(c->rq, "traceparent"));
    return ERR_OK;
}

/* ---- POST /chat ---- */

static struct subscriber *subscriber_for(const struct request_context *c)
{
    return http_subscriber_wants_events(c->rq) ? http_subscriber_events(c->rq, 0)
                                               : http_subscriber_json(c->rq);
}

static void refuse(const struct request_context *c, const struct turn_params *p, enum err err,
                   uint64_t retry_after_ms)
{
    reply_failure(c->rq, &(struct reply_failure){.err = err,
                                                 .retry_after_ms = retry_after_ms,
                                                 .turn_id = uuid_str(&p->turn_id),
                                                 .text = str_of(p->text)});
}

static void join(const struct request_context *c, const struct turn_params *p, struct turn *t)
{
    const char *text = t->params.text; /* empty: a follower that does not know it yet */

    if (*text && strcmp(p->text, text) != 0)
        refuse(c, p, ERR_TURN_ID_REUSED, 0);
    else if (t->subscribers.count >= SUBSCRIBERS_MAX)
        refuse(c, p, ERR_LIMITED, CROWDED_MS);
    else
        turn_join(t, subscriber_for(c));
}

static void start_or_join(const struct request_context *c, struct turn_params *p)
{
    struct turns *turns = c->gw->turns;
    struct turn  *running = turns_find(turns, &p->session, &p->turn_id);

    if (running)
        join(c, p, running);
    else if (turns_are_full(turns))
        refuse(c, p, ERR_OVERLOADED, FULL_MS);
    else
        turns_start(turns, p, subscriber_for(c));
}

void route_turn(const struct request_context *c)
{
    struct turn_params p = {.text = NULL};
    struct buf         why = {0};
    enum err           err = read_params(c, &p, &why);

    if (err)
        reply_failure(c->rq, &(struct reply_failure){
                                 .err = err, .said = buf_view(&why), .text = str_of(p.text)});
    else
        start_or_join(c, &p);
    turn_params_fini(&p);
    buf_fini(&why);
}

/* ---- POST /chat/stop ---- */

struct turn_stop {
    struct exchange exchange; /* first */
    struct uuid     turn_id;
};

/* The store tells the gateway that runs the turn.  If the store is unavailable, all workers are
 * told; one of them has the turn.  A turn that nobody runs has ended already: the answer may have
 * been complete while the request was under way. */
static void on_stopped(struct exchange *x, const struct bus_reply *a)
{
    struct turn_stop *s = (struct turn_stop *)x;
    bool              is_unavailable = a->kind == BUS_REPLY_ERROR && err_http(a->err) >= 500;

    if (is_unavailable)
        bus_cancel_turn(x->gw->bus, uuid_str(&s->turn_id));
    if (a->kind == BUS_REPLY_ERROR && !is_unavailable && a->err != ERR_NOT_FOUND)
        exchange_fail_from(&x, a);
    else
        exchange_reply(&x, 202, json_object());
}

static void stop_elsewhere(const struct request_context *c, const struct uuid *turn_id)
{
    struct turn_stop_request m = {.session = uuid_str(&c->who.session),
                                  .turn_id = uuid_str(turn_id)};
    struct turn_stop        *s = mem_new(sizeof *s);
    struct buf               body = {0};

    exchange_init(&s->exchange, c, NULL);
    s->turn_id = *turn_id;
    turn_stop_request_encode(&m, &body);
    exchange_send(&s->exchange, SERVICE_STORE, &body, on_stopped);
}

void route_turn_stop(const struct request_context *c)
{
    struct uuid turn_id;
    struct buf  why = {0};

    if (!body_uuid(c->body, "turn_id", &turn_id, &why) || !turn_id.text[0]) {
        if (!why.len)
            buf_print(&why, "\"turn_id\" is missing.");
        handler_refuse(c, ERR_BAD_REQUEST, &why);
        return;
    }
    struct turn *t = turns_find(c->gw->turns, &c->who.session, &turn_id);
    if (!t || t->follow.is_active) {
        stop_elsewhere(c, &turn_id);
        return;
    }
    reply_json(c->rq, 202, json_object());
    turn_stop(t);
}
