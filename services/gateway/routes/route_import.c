/* POST /conversations/import: an exported conversation becomes a new one.
 *
 *   validate all of it ──► request the first part ──► on_part_kept ──► 200
 *                                   ▲                      │
 *                                   └──────────────────────┘
 *
 * Nothing is sent before all of it was found valid.  A part that the store
 * cannot keep ends the import; the parts before it stay, as the beginning of
 * the conversation. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/body.h"
#include "http/reply.h"
#include "routes/exchange.h"

#define PART_BYTES (256 * 1024)

/* ---- validation ---- */

struct text_of {
    const char *p;
    size_t      len;
};

static struct str text(const struct text_of *t)
{
    return (struct str){t->p, t->len};
}

static bool is_time(const struct text_of *t, uint64_t *at)
{
    return strlen(t->p) == t->len && clock_read_iso(t->p, at) && *at <= INT64_MAX / 2;
}

static bool is_status(struct str s)
{
    return str_is(s, "committed") || str_is(s, "stopped") || str_is(s, "interrupted");
}

static bool is_count(json_int_t n)
{
    return n >= 0 && n <= LIMIT_TOKENS;
}

/* Every key is required, and no other is allowed.  The cost is read and ignored. */
static bool read_turn(json_t *turn, struct imported_turn *b)
{
    struct text_of status, question, asked_at, answer, answered_at, model, finish;
    json_int_t     prompt, completion, feedback;
    double         cost;

    if (json_unpack_ex(turn, NULL, JSON_STRICT,
                       "{s:s%,s:{s:s%,s:s%},s:{s:s%,s:s%,s:s%,s:s%,s:{s:I,s:I,s:F},s:I}}", "status",
                       &status.p, &status.len, "question", "content", &question.p, &question.len,
                       "at", &asked_at.p, &asked_at.len, "answer", "content", &answer.p,
                       &answer.len, "at", &answered_at.p, &answered_at.len, "model", &model.p,
                       &model.len, "finish_reason", &finish.p, &finish.len, "usage",
                       "prompt_tokens", &prompt, "completion_tokens", &completion, "cost", &cost,
                       "feedback", &feedback) != 0)
        return false;
    *b = (struct imported_turn){.question = text(&question),
                                .answer = text(&answer),
                                .status = text(&status),
                                .model = text(&model),
                                .finish_reason = text(&finish),
                                .prompt_tokens = (uint64_t)prompt,
                                .completion_tokens = (uint64_t)completion,
                                .feedback = feedback < 0 ? 2 : (uint64_t)feedback};
    return is_time(&asked_at, &b->asked_at) && is_time(&answered_at, &b->answered_at) &&
           is_status(b->status) && question.len && question.len <= LIMIT_QUESTION &&
           answer.len <= LIMIT_ANSWER && model.len <= LIMIT_MODEL &&
           (!model.len || body_is_model(b->model)) && finish.len <= LIMIT_FINISH_REASON &&
           is_count(prompt) && is_count(completion) && feedback >= -1 && feedback <= 1;
}

static bool read_head(json_t *whole, struct import_request *m, json_t **turns)
{
    struct text_of format, title, created_at;
    json_int_t     version;

    if (json_unpack_ex(whole, NULL, JSON_STRICT, "{s:s%,s:I,s:s%,s:s%,s:o}", "format", &format.p,
                       &format.len, "version", &version, "title", &title.p, &title.len,
                       "created_at", &created_at.p, &created_at.len, "turns", turns) != 0)
        return false;
    m->title = text(&title);
    return str_is(text(&format), "automotive-chat") && version == 1 && title.len <= LIMIT_TITLE &&
           is_time(&created_at, &m->created_at) && json_array_size(*turns) > 0;
}

static bool is_valid(json_t *whole, struct buf *why)
{
    struct import_request *m = mem_new(sizeof *m);
    json_t                *turns, *turn;
    size_t                 i;
    bool                   has_head = read_head(whole, m, &turns);

    free(m);
    if (!has_head) {
        buf_print(why, "This is not a conversation that was exported here.");
        return false;
    }
    json_array_foreach(turns, i, turn)
    {
        struct imported_turn b;
        if (!read_turn(turn, &b)) {
            buf_print(why, "Turn %zu is not in the format of an export.", i + 1);
            return false;
        }
    }
    return true;
}

/* ---- part by part ---- */

struct import {
    struct exchange exchange; /* first */
    json_t         *whole;    /* owned; the body of the request */
    struct uuid     conversation;
    size_t          position;  /* of the next part in the list of turns */
    uint64_t        after_seq; /* of the turns that were sent */
};

static void import_fini(struct exchange *x)
{
    json_decref(((struct import *)x)->whole);
}

/* As many turns as fit into a part. */
static void fill_part(struct import *im, struct import_request *m)
{
    json_t *turns = NULL;
    size_t  bytes = 0, next = im->position;

    must(read_head(im->whole, m, &turns));
    while (next < json_array_size(turns) && m->turns_count < LIMIT_IMPORT_TURNS &&
           bytes < PART_BYTES) {
        struct imported_turn *t = &m->turns[m->turns_count++];
        must(read_turn(json_array_get(turns, next++), t));
        bytes += t->question.len + t->answer.len;
    }
    m->session = uuid_str(&im->exchange.who.session);
    m->conversation = uuid_str(&im->conversation);
    m->position = im->position;
    m->after_seq = im->after_seq;
}

static void on_part_kept(struct exchange *x, const struct bus_reply *a);

static void request_part(struct import *im)
{
    struct import_request *m = mem_new(sizeof *m);
    struct buf             body = {0};

    fill_part(im, m);
    import_request_encode(m, &body);
    im->position += m->turns_count;
    for (uint64_t i = 0; i < m->turns_count; i++)
        im->after_seq += !str_is(m->turns[i].status, "interrupted");
    free(m);
    exchange_send(&im->exchange, SERVICE_STORE, &body, on_part_kept);
}

static void on_part_kept(struct exchange *x, const struct bus_reply *a)
{
    struct import    *im = (struct import *)x;
    struct done_reply reply;

    if (!exchange_read(x, a, done_reply, &reply))
        return;
    if (im->position < json_array_size(json_object_get(im->whole, "turns")))
        request_part(im);
    else
        exchange_reply(&x, 200, json_pack("{s:s}", "conversation_id", im->conversation.text));
}

void route_conversation_import(const struct request_context *c)
{
    struct buf why = {0};

    if (!handler_take_rate(c, c->gw->imports))
        return;
    if (!is_valid(c->body, &why)) {
        handler_refuse(c, ERR_BAD_REQUEST, &why);
        return;
    }
    struct import *im = mem_new(sizeof *im);
    exchange_init(&im->exchange, c, import_fini);
    im->whole = json_incref(c->body);
    im->conversation = uuid_new();
    request_part(im);
}
