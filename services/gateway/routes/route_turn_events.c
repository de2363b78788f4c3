/* GET /chat/events/{turn_id}: an answer from its first byte, wherever it is written, or was. */
#include "http/events.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/http_subscriber.h"
#include "turn/turns.h"

static bool read_after(const struct visit *v, const struct uuid *turn_id, size_t *after)
{
    struct str last = http_header(v->rq, "Last-Event-ID");
    struct str query = http_query(v->rq, "after");
    struct buf id = {0};

    *after = 0;
    if (!last.len && !query.len)
        return true;
    if (last.len)
        buf_str(&id, last);
    else
        buf_print(&id, "%s:%.*s", turn_id->text, (int)query.len, query.p);
    bool good = events_offset(buf_view(&id), turn_id->text, after);
    buf_fini(&id);
    return good;
}

/* A chat of this gateway that only repeats what the turn's own one says. */
static void start_follower(struct gateway *g, struct http_request *rq, const struct uuid *session,
                           const struct uuid *turn_id, size_t after)
{
    char              nobody[PSEUDONYM_SIZE] = "";
    struct chat_order o = {.session = *session,
                           .turn_id = *turn_id,
                           .address_hash = nobody,
                           .total_ms = g->config.answer_timeout_ms,
                           .is_follower = true};

    turns_start(g->turns, &o, listen_events(rq, after));
}

static void listen_to(struct gateway *g, struct http_request *rq, const struct uuid *session,
                      const struct uuid *turn_id, size_t after)
{
    struct chat *c = turns_find(g->turns, session, turn_id);

    if (c && c->audience.count >= AUDIENCE_MAX)
        reply_error(rq, ERR_LIMITED);
    else if (c)
        chat_join(c, listen_events(rq, after));
    else if (turns_are_full(g->turns))
        reply_error(rq, ERR_OVERLOADED);
    else
        start_follower(g, rq, session, turn_id, after);
}

/* Asked before the stream opens, so that a turn nobody knows is a 404. */
static void take_known(struct errand *e, const struct bus_reply *a)
{
    struct turn_follow_reply say;
    struct gateway          *g = e->gw;
    struct http_request     *rq = e->rq;
    struct uuid              session = e->session, turn_id = e->turn_id;
    size_t                   after = e->after;

    if (!errand_read(e, a, turn_follow_reply, &say))
        return;
    errand_free(e);
    listen_to(g, rq, &session, &turn_id, after);
}

static void ask_store(const struct visit *v, const struct uuid *turn_id, size_t after)
{
    struct turn_follow_request m = {uuid_str(&v->session), uuid_str(turn_id), LIMIT_ANSWER, 0};
    struct errand             *e = errand_new(v);
    struct buf                 body = {0};

    e->turn_id = *turn_id;
    e->after = after;
    turn_follow_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_known);
}

void route_chat_events(const struct visit *v)
{
    struct uuid turn_id;
    size_t      after;

    if (!uuid_parse(&turn_id, v->word))
        reply_error(v->rq, ERR_NOT_FOUND);
    else if (!read_after(v, &turn_id, &after))
        reply_error(v->rq, ERR_BAD_REQUEST);
    else if (turns_find(v->gw->turns, &v->session, &turn_id))
        listen_to(v->gw, v->rq, &v->session, &turn_id, after);
    else
        ask_store(v, &turn_id, after);
}
