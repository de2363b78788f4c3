/* POST /conversations/import: an exported chat becomes a new one.
 *
 *   all of it is checked ──► the first part ──► a store keeps it ──► the next ... ──► 200
 *
 * Nothing is asked before all of it was found good.  A part that a store could not keep ends it;
 * what was kept before is there, as the beginning of the chat. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/reply.h"
#include "routes/exchange.h"

#define PART_BYTES (256 * 1024)

/* ---- what it must be ---- */

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
    return n >= 0 && n <= 1000000000;
}

/* Every key must be there, and no other.  The cost is read and left. */
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

static bool is_good(json_t *whole, struct buf *why)
{
    struct import_request *m = mem_new(sizeof *m);
    json_t                *turns, *turn;
    size_t                 i;
    bool                   good = read_head(whole, m, &turns);

    free(m);
    if (!good) {
        buf_print(why, "This is no chat that was exported here.");
        return false;
    }
    json_array_foreach(turns, i, turn)
    {
        struct imported_turn b;
        if (!read_turn(turn, &b)) {
            buf_print(why, "Turn %zu of it is not as it was exported.", i + 1);
            return false;
        }
    }
    return true;
}

/* ---- part by part ---- */

static void take_kept(struct errand *e, const struct bus_reply *a);

/* From e->after on, as many as fit. */
static void fill_part(struct errand *e, struct import_request *m)
{
    json_t *turns = NULL;
    size_t  bytes = 0, count;

    must(read_head(e->whole, m, &turns));
    count = json_array_size(turns);
    for (size_t i = e->after;
         i < count && m->turns_count < LIMIT_IMPORT_TURNS && bytes < PART_BYTES; i++) {
        struct imported_turn *b = &m->turns[m->turns_count++];
        must(read_turn(json_array_get(turns, i), b));
        bytes += b->question.len + b->answer.len;
    }
    m->position = e->after;
    m->after_seq = e->after_seq;
}

static void ask_part(struct errand *e)
{
    struct import_request *m = mem_new(sizeof *m);
    struct buf             body = {0};

    fill_part(e, m);
    m->session = uuid_str(&e->session);
    m->conversation = uuid_str(&e->turn_id);
    import_request_encode(m, &body);
    e->after += m->turns_count;
    for (uint64_t i = 0; i < m->turns_count; i++)
        e->after_seq += !str_is(m->turns[i].status, "interrupted");
    free(m);
    errand_ask(e, SERVICE_STORE, &body, take_kept);
}

static void take_kept(struct errand *e, const struct bus_reply *a)
{
    struct done_reply say;

    if (!errand_read(e, a, done_reply, &say))
        return;
    if (e->after < json_array_size(json_object_get(e->whole, "turns")))
        ask_part(e);
    else
        errand_reply(e, 200, json_pack("{s:s}", "conversation_id", e->turn_id.text));
}

void route_import(const struct visit *v)
{
    struct buf why = {0};

    if (!visit_may(v, v->gw->imports))
        return;
    if (!is_good(v->body, &why)) {
        visit_refuse(v, ERR_BAD_REQUEST, &why);
        return;
    }
    struct errand *e = errand_new(v);
    e->whole = json_incref(v->body);
    e->turn_id = uuid_new();
    ask_part(e);
}
