/* Lines of a chat, pages of them, and an answer once more. */
#include <stdlib.h>

#include "base/clock.h"
#include "errand.h"
#include "events.h"
#include "history.h"
#include "listen.h"
#include "reply.h"

#define REPLAY_PAGE   100 /* how far back a turn is looked for */
#define CURSOR_DIGITS 18

static json_t *time_of(uint64_t at)
{
    char iso[CLOCK_ISO_SIZE];

    clock_iso(at, iso);
    return json_string(iso);
}

static json_t *line_of(const struct line *l)
{
    json_t *o = json_object();

    json_object_set_new(o, "turn_id", json_of(l->turn_id));
    json_object_set_new(o, "role", json_string(l->by_user ? "user" : "assistant"));
    json_object_set_new(o, "content", json_of(l->text));
    json_object_set_new(o, "at", time_of(l->at));
    if (l->by_user)
        return o;
    json_object_set_new(o, "model", json_of(l->model));
    json_object_set_new(o, "status", json_of(l->status));
    json_object_set_new(o, "usage", reply_usage(l->prompt_tokens, l->completion_tokens, l->cost));
    return o;
}

json_t *history_lines(const struct line *lines, uint64_t count)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < count; i++)
        json_array_append_new(list, line_of(&lines[i]));
    return list;
}

json_t *history_cursor(uint64_t more_before)
{
    return more_before ? json_sprintf("%llu", (unsigned long long)more_before) : json_null();
}

/* ---- GET /conversations/{id}?cursor= ---- */

static bool read_cursor(struct str text, uint64_t *before)
{
    *before = 0;
    if (text.len > CURSOR_DIGITS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *before = 10 * *before + (uint64_t)(text.p[i] - '0');
    }
    return true;
}

static void take_page(struct errand *e, const struct answer *a)
{
    struct history_page_say *say = mem_new(sizeof *say);

    if (errand_read(e, a, history_page_say, say)) {
        json_t *page = json_object();
        json_object_set_new(page, "conversation_id", json_string(e->turn_id.text));
        json_object_set_new(page, "chat_history", history_lines(say->lines, say->lines_count));
        json_object_set_new(page, "more", history_cursor(say->more_before));
        errand_reply(e, 200, page);
    }
    free(say);
}

void route_conversation(const struct visit *v)
{
    struct history_page_ask m = {.session = uuid_str(&v->session),
                                 .page = v->gw->config.history_page};
    struct uuid             id;
    struct buf              body = {0};

    if (!uuid_parse(&id, v->word)) {
        reply_error(v->rq, ERR_NOT_FOUND);
        return;
    }
    if (!read_cursor(http_query(v->rq, "cursor"), &m.before)) {
        reply_error(v->rq, ERR_BAD_REQUEST);
        return;
    }
    struct errand *e = errand_new(v);
    e->turn_id = id;
    m.conversation = uuid_str(&id);
    history_page_ask_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_page);
}

/* ---- an answer once more ---- */

static void print_events(struct buf *out, const struct session_open_say *say, const struct line *l,
                         size_t after)
{
    char       id[UUID_LEN + 1];
    json_t    *data = json_object();
    struct str missed;

    while (after && after < l->text.len && ((unsigned char)l->text.p[after] & 0xC0) == 0x80)
        after--;
    if (after > l->text.len)
        after = l->text.len;
    missed = (struct str){l->text.p + after, l->text.len - after};
    str_format(id, sizeof id, "%.*s", (int)l->turn_id.len, l->turn_id.p);

    json_object_set_new(data, "turn_id", json_of(l->turn_id));
    json_object_set_new(data, "conversation_id", json_of(say->conversation));
    json_object_set_new(data, "model", json_of(l->model));
    events_add(out, id, after, "started", data);

    data = json_object();
    json_object_set_new(data, "text", json_of(missed));
    if (missed.len)
        events_add(out, id, l->text.len, "delta", data);
    else
        json_decref(data);

    data = json_object();
    json_object_set_new(data, "status", json_of(l->status));
    json_object_set_new(data, "finish_reason", json_of(l->finish_reason));
    json_object_set_new(data, "model", json_of(l->model));
    json_object_set_new(data, "usage",
                        reply_usage(l->prompt_tokens, l->completion_tokens, l->cost));
    json_object_set_new(data, "budget", reply_budget(say->has_budget, say->budget_left));
    events_add(out, id, l->text.len, "done", data);
}

static const struct line *find_answer(const struct session_open_say *say, const char *turn_id)
{
    for (uint64_t i = 0; i < say->lines_count; i++)
        if (!say->lines[i].by_user && str_is(say->lines[i].turn_id, turn_id))
            return &say->lines[i];
    return NULL;
}

static void reply_events(struct errand *e, struct buf *events)
{
    http_reply(e->rq, &(struct http_answer){.status = 200,
                                            .fields = event_fields,
                                            .field_count = event_field_count,
                                            .body = buf_view(events)});
    buf_fini(events);
    errand_free(e);
}

static void take_lines(struct errand *e, const struct answer *a)
{
    struct session_open_say *say = mem_new(sizeof *say);
    struct buf               events = {0};

    if (errand_read(e, a, session_open_say, say)) {
        const struct line *l = find_answer(say, e->turn_id.text);
        bool               runs = str_is(say->running_turn, e->turn_id.text);
        if (l) {
            print_events(&events, say, l, e->after);
            reply_events(e, &events);
        } else {
            /* It runs at another gateway: whoever asks will find its end here soon. */
            errand_fail(e, &(struct answer){.kind = ANSWER_ERROR,
                                            .err = runs ? ERR_BUSY : ERR_NOT_FOUND,
                                            .retry_after_ms = runs ? 1000 : 0});
        }
    }
    free(say);
}

void history_replay(const struct visit *v, const struct uuid *turn_id, size_t after)
{
    struct session_open_ask m = {.session = uuid_str(&v->session), .page = REPLAY_PAGE};
    struct errand          *e = errand_new(v);
    struct buf              body = {0};

    e->turn_id = *turn_id;
    e->after = after;
    session_open_ask_encode(&m, &body);
    errand_ask(e, SERVICE_STORE, &body, take_lines);
}
