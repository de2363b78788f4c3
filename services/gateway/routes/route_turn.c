/* /chat and /chat/stop: what people do with turns. */
#include <string.h>

#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/http_subscriber.h"
#include "turn/turn.h"
#include "turn/turns.h"

#define KEY_MAX_BYTES 255

/* ---- POST /chat ---- */

struct wish {
    struct uuid turn_id, conversation;
    struct str  message, model;
    bool        is_fresh, is_branch;
    uint64_t    after_seq;
};

/* An Idempotency-Key names the turn as well; one that is no UUID is made one. */
static struct uuid turn_of(const struct visit *v, const struct uuid *given)
{
    struct str  key = http_header(v->rq, "Idempotency-Key");
    struct uuid id = *given;
    struct buf  name = {0};

    if (id.text[0])
        return id;
    if (!key.len || key.len > KEY_MAX_BYTES)
        return uuid_new();
    if (uuid_parse(&id, key))
        return id;
    buf_print(&name, "%s ", v->session.text);
    buf_str(&name, key);
    id = uuid_derive("idempotency-key", buf_view(&name));
    buf_fini(&name);
    return id;
}

static enum err read_message(const struct visit *v, struct str *message, struct buf *why)
{
    if (!body_text(v->body, "message", SIZE_MAX, message, why))
        return ERR_BAD_REQUEST;
    if (message->len > LIMIT_QUESTION) {
        buf_print(why, "The message is too long: it has %zu bytes, and %d is the most.",
                  message->len, LIMIT_QUESTION);
        return ERR_TOO_LONG;
    }
    if (str_trim(*message).len)
        return ERR_OK;
    buf_print(why, "\"message\" is missing or empty.");
    return ERR_BAD_REQUEST;
}

/* "conversation_id" missing: the current chat; null: a new one.  With "after_seq": a branch. */
static bool read_place(const struct visit *v, struct wish *w, struct buf *why)
{
    json_int_t after_seq;

    w->is_fresh = json_is_null(json_object_get(v->body, "conversation_id"));
    w->is_branch = json_is_integer(json_object_get(v->body, "after_seq"));
    if (!body_uuid(v->body, "conversation_id", &w->conversation, why) ||
        !body_number(v->body, "after_seq", 0, INT64_MAX, &after_seq, why))
        return false;
    w->after_seq = (uint64_t)after_seq;
    if (!w->is_branch || w->conversation.text[0])
        return true;
    buf_print(why, "\"after_seq\" needs a \"conversation_id\".");
    return false;
}

static enum err read_wish(const struct visit *v, struct wish *w, struct buf *why)
{
    enum err err = read_message(v, &w->message, why);

    if (err)
        return err;
    if (!body_uuid(v->body, "turn_id", &w->turn_id, why) || !read_place(v, w, why) ||
        !body_text(v->body, "model", LIMIT_MODEL, &w->model, why))
        return ERR_BAD_REQUEST;
    if (w->model.len && !body_is_model(w->model)) {
        buf_print(why, "\"model\" is no model's name.");
        return ERR_BAD_REQUEST;
    }
    return ERR_OK;
}

static struct listener *listener_for(const struct visit *v)
{
    return listen_wants_events(v->rq) ? listen_events(v->rq, 0) : listen_json(v->rq);
}

static void refuse_wish(const struct visit *v, const struct wish *w, enum err err,
                        uint64_t retry_after_ms)
{
    struct failure f = {.err = err,
                        .retry_after_ms = retry_after_ms,
                        .turn_id = uuid_str(&w->turn_id),
                        .text = w->message};
    reply_failure(v->rq, &f);
}

static void join_running(const struct visit *v, const struct wish *w, struct chat *c)
{
    if (*c->text && !str_is(w->message, c->text)) /* a follower may not know it yet */
        refuse_wish(v, w, ERR_TURN_ID_REUSED, 0);
    else if (c->audience.count >= AUDIENCE_MAX)
        refuse_wish(v, w, ERR_LIMITED, 1000);
    else
        chat_join(c, listener_for(v));
}

static void start_turn(const struct visit *v, const struct wish *w)
{
    const struct config *cf = &v->gw->config;
    char                 address_hash[PSEUDONYM_SIZE];
    struct chat_order    o = {.session = v->session,
                              .turn_id = w->turn_id,
                              .conversation = w->conversation,
                              .is_fresh = w->is_fresh,
                              .is_branch = w->is_branch,
                              .after_seq = w->after_seq,
                              .text = w->message,
                              .model = w->model,
                              .address_hash = address_hash,
                              .window = cf->history_messages - 1,
                              .total_ms = cf->answer_timeout_ms};

    visit_address_hash(v, address_hash);
    trace_read(&o.trace, http_header(v->rq, "traceparent"));
    turns_start(v->gw->turns, &o, listener_for(v));
}

void route_chat(const struct visit *v)
{
    struct wish w = {0};
    struct buf  why = {0};
    enum err    err = read_wish(v, &w, &why);

    if (err) {
        struct failure f = {.err = err, .said = buf_view(&why), .text = w.message};
        reply_failure(v->rq, &f);
        buf_fini(&why);
        return;
    }
    w.turn_id = turn_of(v, &w.turn_id);
    struct chat *c = turns_find(v->gw->turns, &v->session, &w.turn_id);
    if (c)
        join_running(v, &w, c);
    else if (turns_are_full(v->gw->turns))
        refuse_wish(v, &w, ERR_OVERLOADED, 5000);
    else
        start_turn(v, &w);
}

/* ---- POST /chat/stop ---- */

/* The store tells whichever gateway walks the turn.  While it is away itself the
 * workers are told, all of them: one of them has it.  A turn that nobody walks
 * has stopped: the answer may have ended while the finger was on its way. */
static void take_stop(struct errand *e, const struct bus_reply *a)
{
    bool is_away = a->kind == BUS_REPLY_ERROR && err_http(a->err) >= 500;

    if (is_away)
        bus_cancel_turn(e->gw->bus, uuid_str(&e->turn_id));
    if (a->kind == BUS_REPLY_ERROR && !is_away && a->err != ERR_NOT_FOUND)
        errand_fail(e, a);
    else
        errand_reply(e, 202, json_object());
}

static void stop_elsewhere(const struct visit *v, const struct uuid *turn_id)
{
    struct turn_stop_request m = {uuid_str(&v->session), uuid_str(turn_id), 0};
    struct errand           *e = errand_new(v);
    struct buf               body = {0};

    e->turn_id = *turn_id;
    turn_stop_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_stop);
}

void route_chat_stop(const struct visit *v)
{
    struct uuid turn_id;
    struct buf  why = {0};

    if (!body_uuid(v->body, "turn_id", &turn_id, &why) || !turn_id.text[0]) {
        if (!why.len)
            buf_print(&why, "\"turn_id\" is missing.");
        visit_refuse(v, ERR_BAD_REQUEST, &why);
        return;
    }
    struct chat *c = turns_find(v->gw->turns, &v->session, &turn_id);
    if (!c || c->is_following) {
        stop_elsewhere(v, &turn_id);
        return;
    }
    reply_json(v->rq, 202, json_object());
    chat_stop(c);
}
