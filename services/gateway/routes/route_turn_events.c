/* GET /chat/events/{turn_id}: an answer from its first byte, at whichever gateway it runs or ran.
 */
#include "http/events.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/http_subscriber.h"
#include "turn/turns.h"

struct turn_lookup {
    struct exchange exchange; /* first */
    struct uuid     turn_id;
    size_t          after; /* bytes of the answer that the client has */
};

static bool read_after(const struct request_context *c, const struct uuid *turn_id, size_t *after)
{
    struct str last = http_header(c->rq, "Last-Event-ID");
    struct str query = http_query(c->rq, "after");
    struct buf id = {0};

    *after = 0;
    if (!last.len && !query.len)
        return true;
    if (last.len)
        buf_str(&id, last);
    else
        buf_print(&id, "%s:%.*s", turn_id->text, (int)query.len, query.p);
    bool is_valid = events_offset(buf_view(&id), turn_id->text, after);
    buf_fini(&id);
    return is_valid;
}

/* A turn of this gateway that only repeats what the one that runs elsewhere says. */
static void start_follower(struct gateway *g, struct http_request *rq, const struct uuid *session,
                           const struct uuid *turn_id, size_t after)
{
    struct turn_params p = {.session = *session,
                            .turn_id = *turn_id,
                            .answer_ms = g->config->answer_timeout_ms,
                            .is_follower = true};

    turns_start(g->turns, &p, http_subscriber_events(rq, after));
}

static void subscribe(struct gateway *g, struct http_request *rq, const struct uuid *session,
                      const struct uuid *turn_id, size_t after)
{
    struct turn *t = turns_find(g->turns, session, turn_id);

    if (t && t->subscribers.count >= SUBSCRIBERS_MAX)
        reply_error(rq, ERR_LIMITED);
    else if (t)
        turn_join(t, http_subscriber_events(rq, after));
    else if (turns_are_full(g->turns))
        reply_error(rq, ERR_OVERLOADED);
    else
        start_follower(g, rq, session, turn_id, after);
}

static void on_found(struct exchange *x, const struct bus_reply *a)
{
    struct turn_lookup      *l = (struct turn_lookup *)x;
    struct gateway          *g = x->gw;
    struct http_request     *rq = x->rq;
    struct uuid              session = x->who.session, turn_id = l->turn_id;
    size_t                   after = l->after;
    struct turn_follow_reply reply;

    if (!exchange_read(x, a, turn_follow_reply, &reply))
        return;
    exchange_free(&x);
    subscribe(g, rq, &session, &turn_id, after);
}

/* Before the stream opens, so that an unknown turn is a 404. */
static void look_up(const struct request_context *c, const struct uuid *turn_id, size_t after)
{
    struct turn_follow_request m = {
        .session = uuid_str(&c->who.session), .turn_id = uuid_str(turn_id), .after = LIMIT_ANSWER};
    struct turn_lookup *l = mem_new(sizeof *l);
    struct buf          body = {0};

    exchange_init(&l->exchange, c, NULL);
    l->turn_id = *turn_id;
    l->after = after;
    turn_follow_request_encode(&m, &body);
    exchange_send(&l->exchange, SERVICE_STORE, &body, on_found);
}

void route_turn_events(const struct request_context *c)
{
    struct uuid turn_id;
    size_t      after;

    if (!uuid_parse(&turn_id, c->word))
        reply_error(c->rq, ERR_NOT_FOUND);
    else if (!read_after(c, &turn_id, &after))
        reply_error(c->rq, ERR_BAD_REQUEST);
    else if (turns_find(c->gw->turns, &c->who.session, &turn_id))
        subscribe(c->gw, c->rq, &c->who.session, &turn_id, after);
    else
        look_up(c, &turn_id, after);
}
