/* GET /conversations/{id}/export?format=: all of a chat, however long it is.
 *
 *   ask for a part ──► 404, or the file begins ──► its turns ──► taken? ask for the next part ──►
 * ...
 *
 * A part is asked for when the client has taken the one before, so that a slow one costs no memory.
 * If no store can go on, the connection is cut: the client sees that the file is not whole. */
#include <stdlib.h>

#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/export_text.h"

static void take_part(struct errand *e, const struct bus_reply *a);

static void ask_part(struct errand *e)
{
    struct export_request m = {.session = uuid_str(&e->session),
                               .conversation = uuid_str(&e->turn_id),
                               .after_seq = e->after_seq,
                               .after_interrupted = e->after_interrupted};
    struct buf            body = {0};

    export_request_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_part);
}

static void on_drained(struct waiter *w)
{
    struct errand *e = (struct errand *)w;

    if (!e->is_open)
        ask_part(e);
}

static void begin_file(struct errand *e, const struct export_reply *say)
{
    struct buf disposition = {0}, text = {0};

    export_disposition(&disposition, e->is_json, say->title);
    struct http_field fields[] = {
        {"Content-Type", e->is_json ? "application/json" : "text/markdown; charset=utf-8"},
        {"Content-Disposition", disposition.p},
        {"Cache-Control", "no-store"}};
    export_begin(&text, e->is_json, say);
    e->waiter.on_drained = on_drained;
    http_stream_open(e->rq, &(struct http_response){.status = 200,
                                                    .fields = fields,
                                                    .field_count = COUNT_OF(fields),
                                                    .body = buf_view(&text)});
    buf_fini(&disposition);
    buf_fini(&text);
}

static void end_file(struct errand *e)
{
    struct http_request *rq = e->rq;
    struct buf           text = {0};

    export_end(&text, e->is_json);
    errand_free(e);
    http_stream_write(rq, buf_view(&text));
    http_stream_end(rq);
    buf_fini(&text);
}

static void add_part(struct errand *e, const struct export_reply *say)
{
    struct buf text = {0};
    bool       has_begun = e->waiter.on_drained != NULL;

    if (!has_begun)
        begin_file(e, say);
    if (!say->messages_count) {
        end_file(e);
        return;
    }
    export_turns(&text, e->is_json, say, !has_begun);
    http_stream_write(e->rq, buf_view(&text));
    e->after_seq = say->last_seq;
    e->after_interrupted = say->last_interrupted;
    buf_fini(&text);
}

static void take_part(struct errand *e, const struct bus_reply *a)
{
    struct export_reply *say = mem_new(sizeof *say);
    bool                 has_begun = e->waiter.on_drained != NULL;

    if (!has_begun) {
        if (errand_read(e, a, export_reply, say))
            add_part(e, say);
    } else if (a->kind == BUS_REPLY_FINAL && export_reply_decode(say, a->body) == ERR_OK) {
        add_part(e, say);
    } else {
        http_stream_abort(e->rq);
    }
    free(say);
}

void route_export(const struct visit *v)
{
    struct str  format = http_query(v->rq, "format");
    struct uuid id;

    if (!uuid_parse(&id, v->word)) {
        reply_error(v->rq, ERR_NOT_FOUND);
    } else if (!str_is(format, "md") && !str_is(format, "json")) {
        reply_error(v->rq, ERR_BAD_REQUEST);
    } else {
        struct errand *e = errand_new(v);
        e->turn_id = id;
        e->is_json = str_is(format, "json");
        ask_part(e);
    }
}
