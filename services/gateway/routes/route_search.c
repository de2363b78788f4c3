/* GET /search?q=&cursor=: where it was said. */
#include <stdlib.h>
#include <string.h>

#include "http/query.h"
#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/route_history.h"

#define PAGE 20

#define MARK     '\x02'
#define MARK_END '\x03'

/* A list of texts of which every second one was found, so that a page need not tell marks from
 * what somebody wrote. */
static json_t *pieces_of(struct str snippet)
{
    json_t *pieces = json_array();
    char    next = MARK;

    for (;;) {
        const char *mark = snippet.len ? memchr(snippet.p, next, snippet.len) : NULL;
        size_t      len = mark ? (size_t)(mark - snippet.p) : snippet.len;
        json_array_append_new(pieces, json_of((struct str){snippet.p, len}));
        if (!mark)
            return pieces;
        snippet = (struct str){mark + 1, snippet.len - len - 1};
        next = next == MARK ? MARK_END : MARK;
    }
}

static json_t *hit_of(const struct search_hit *h)
{
    json_t *o = json_object();

    json_object_set_new(o, "conversation_id", json_of(h->conversation));
    json_object_set_new(o, "title", json_of(h->title));
    json_object_set_new(o, "turn_id", json_of(h->turn_id));
    json_object_set_new(o, "seq", json_integer((json_int_t)h->seq));
    json_object_set_new(o, "role", json_string(h->by_user ? "user" : "assistant"));
    json_object_set_new(o, "at", reply_time(h->at));
    json_object_set_new(o, "snippet", pieces_of(h->snippet));
    return o;
}

static void take_hits(struct errand *e, const struct bus_reply *a)
{
    struct search_reply *say = mem_new(sizeof *say);

    if (errand_read(e, a, search_reply, say)) {
        json_t *hits = json_array();
        for (uint64_t i = 0; i < say->hits_count; i++)
            json_array_append_new(hits, hit_of(&say->hits[i]));
        errand_reply(
            e, 200, json_pack("{s:o,s:o}", "hits", hits, "more", history_cursor(say->more_before)));
    }
    free(say);
}

void route_search(const struct visit *v)
{
    struct buf            text = {0}, body = {0};
    struct search_request m = {.session = uuid_str(&v->session), .page = PAGE};

    if (!visit_may(v, v->gw->searches))
        return;
    if (query_text(v->rq, "q", LIMIT_SEARCH_TEXT, &text) &&
        query_number(v->rq, "cursor", 0, &m.before)) {
        m.text = buf_view(&text);
        search_request_encode(&m, &body);
        errand_ask(errand_new(v), SERVICE_STORE, &body, take_hits);
    } else {
        reply_error(v->rq, ERR_BAD_REQUEST);
    }
    buf_fini(&text);
}
