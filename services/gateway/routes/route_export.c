/* GET /conversations/{id}/export?format=: a whole conversation, however long.
 *
 *   request a part ──► 404, or the file begins ──► write its turns ──► on_drained
 *         ▲                                                                │
 *         └────────────────────────────────────────────────────────────────┘
 *
 * A part is requested once the client has taken the one before, so a slow
 * client costs no memory.  If no store can continue, the connection is aborted,
 * so that the client sees that the file is incomplete. */
#include <stdlib.h>

#include "http/reply.h"
#include "routes/exchange.h"
#include "routes/export_text.h"

struct export
{
    struct exchange exchange; /* first */
    struct uuid     conversation;
    bool            is_json;
    bool            has_begun;                    /* the head of the file was written */
    uint64_t        after_seq, after_interrupted; /* where the next part begins */
};

static void on_part(struct exchange *x, const struct bus_reply *a);

static void request_part(struct export *e)
{
    struct export_request m = {.session = uuid_str(&e->exchange.who.session),
                               .conversation = uuid_str(&e->conversation),
                               .after_seq = e->after_seq,
                               .after_interrupted = e->after_interrupted};
    struct buf            body = {0};

    export_request_encode(&m, &body);
    exchange_send(&e->exchange, SERVICE_STORE, &body, on_part);
}

static void on_drained(struct request_hooks *h)
{
    struct export *e = (struct export *)h;

    if (!e->exchange.is_open)
        request_part(e);
}

static void begin_file(struct export *e, const struct export_reply *reply)
{
    struct buf disposition = {0}, text = {0};

    export_text_disposition(&disposition, e->is_json, reply->title);
    export_text_begin(&text, e->is_json, reply);
    struct http_field fields[] = {
        {.name = "Content-Type",
         .value = e->is_json ? "application/json" : "text/markdown; charset=utf-8"},
        {.name = "Content-Disposition", .value = disposition.p},
        {.name = "Cache-Control", .value = "no-store"},
    };
    e->has_begun = true;
    e->exchange.hooks.on_drained = on_drained;
    http_stream_open(e->exchange.rq, &(struct http_response){.status = 200,
                                                             .fields = fields,
                                                             .field_count = COUNT_OF(fields),
                                                             .body = buf_view(&text)});
    buf_fini(&disposition);
    buf_fini(&text);
}

static void end_file(struct export **e)
{
    struct exchange     *x = &(*e)->exchange;
    struct http_request *rq = x->rq;
    struct buf           text = {0};

    export_text_end(&text, (*e)->is_json);
    exchange_free(&x);
    *e = NULL;
    http_stream_write(rq, buf_view(&text));
    http_stream_end(rq);
    buf_fini(&text);
}

static void write_part(struct export *e, const struct export_reply *reply)
{
    bool       is_first = !e->has_begun;
    struct buf text = {0};

    if (is_first)
        begin_file(e, reply);
    if (!reply->messages_count) {
        end_file(&e);
        return;
    }
    export_text_turns(&text, e->is_json, reply, is_first);
    e->after_seq = reply->last_seq;
    e->after_interrupted = reply->last_interrupted;
    http_stream_write(e->exchange.rq, buf_view(&text));
    buf_fini(&text);
}

static void on_part(struct exchange *x, const struct bus_reply *a)
{
    struct export       *e = (struct export *)x;
    struct export_reply *reply = mem_new(sizeof *reply);

    if (!e->has_begun) {
        if (exchange_read(x, a, export_reply, reply))
            write_part(e, reply);
    } else if (a->kind == BUS_REPLY_FINAL && export_reply_decode(reply, a->body) == ERR_OK) {
        write_part(e, reply);
    } else {
        http_stream_abort(x->rq);
    }
    free(reply);
}

void route_conversation_export(const struct request_context *c)
{
    struct str  format = http_query(c->rq, "format");
    struct uuid id;

    if (!uuid_parse(&id, c->word)) {
        reply_error(c->rq, ERR_NOT_FOUND);
    } else if (!str_is(format, "md") && !str_is(format, "json")) {
        reply_error(c->rq, ERR_BAD_REQUEST);
    } else {
        struct export *e = mem_new(sizeof *e);
        exchange_init(&e->exchange, c, NULL);
        e->conversation = id;
        e->is_json = str_is(format, "json");
        request_part(e);
    }
}
