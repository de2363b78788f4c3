/* GET /search?q=&cursor=: finds words in the conversations of a session. */
#include <stdlib.h>
#include <string.h>

#include "http/query.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/history.h"

#define PAGE 20

#define MARK     '\x02'
#define MARK_END '\x03'

/* A list of texts of which every second one is a match, so that a client need not tell marks from
 * the text of a message. */
static json_t *parts_of(struct str snippet)
{
    json_t *parts = json_array();
    char    next = MARK;

    for (;;) {
        const char *mark = snippet.len ? memchr(snippet.p, next, snippet.len) : NULL;
        size_t      len = mark ? (size_t)(mark - snippet.p) : snippet.len;
        json_array_append_new(parts, reply_string((struct str){snippet.p, len}));
        if (!mark)
            return parts;
        snippet = (struct str){mark + 1, snippet.len - len - 1};
        next = next == MARK ? MARK_END : MARK;
    }
}

static json_t *hit_of(const struct search_hit *h)
{
    json_t *o = json_object();

    json_object_set_new(o, "conversation_id", reply_string(h->conversation));
    json_object_set_new(o, "title", reply_string(h->title));
    json_object_set_new(o, "turn_id", reply_string(h->turn_id));
    json_object_set_new(o, "seq", json_integer((json_int_t)h->seq));
    json_object_set_new(o, "role", json_string(h->by_user ? "user" : "assistant"));
    json_object_set_new(o, "at", reply_time(h->at));
    json_object_set_new(o, "snippet", parts_of(h->snippet));
    return o;
}

static void on_hits(struct exchange *x, const struct bus_reply *a)
{
    struct search_reply *reply = mem_new(sizeof *reply);

    if (exchange_read(x, a, search_reply, reply)) {
        json_t *hits = json_array();
        for (uint64_t i = 0; i < reply->hits_count; i++)
            json_array_append_new(hits, hit_of(&reply->hits[i]));
        json_t *more = history_cursor(reply->more_before);
        exchange_reply(&x, 200, json_pack("{s:o,s:o}", "hits", hits, "more", more));
    }
    free(reply);
}

void route_search(const struct request_context *c)
{
    struct buf            text = {0}, body = {0};
    struct search_request m = {.session = uuid_str(&c->who.session), .page = PAGE};

    if (!handler_take_rate(c, c->gw->searches))
        return;
    if (query_text(c->rq, "q", LIMIT_SEARCH_TEXT, &text) &&
        query_number(c->rq, "cursor", 0, &m.before)) {
        m.text = buf_view(&text);
        search_request_encode(&m, &body);
        exchange_send(exchange_new(c), SERVICE_STORE, &body, on_hits);
    } else {
        reply_error(c->rq, ERR_BAD_REQUEST);
    }
    buf_fini(&text);
}
