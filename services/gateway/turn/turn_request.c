/* One function per question of a turn. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "turn/turn_internal.h"

#define FILTER_MS 5000
#define STORE_MS  5000
#define RENEW_MS  2500
#define COMMIT_MS 15000 /* a store may be starting again: the answer is worth the wait */
#define ABORT_MS  2000

/* What of the talk is sent along, in bytes: far above what models take, and with
 * all else well below the size of a frame. */
#define TALK_MAX (512 * 1024)

bool chat_is_open(const struct chat *c, enum chat_question what)
{
    return c->slots[what].is_open;
}

void chat_drop(struct chat *c, enum chat_question what)
{
    struct chat_slot *s = &c->slots[what];

    if (!s->is_open)
        return;
    s->is_open = false;
    c->ports->drop(c->ports->ctx, s);
    chat_end_span(s, "dropped");
}

/* A renewal is asked for several times a second and tells nothing new. */
void chat_end_span(struct chat_slot *s, const char *error)
{
    if (s->what == CHAT_Q_RENEW && (!error || strcmp(error, "dropped") == 0))
        s->span.began_us = 0;
    span_end(&s->span, error, NULL, 0);
}

/* Takes body. */
static enum err ask(struct chat *c, enum chat_question what, enum service to, struct buf *body,
                    uint64_t ttl_ms)
{
    struct chat_slot *s = &c->slots[what];
    char              trace[TRACEPARENT_LEN + 1];

    must(!s->is_open);
    buf_fini(&s->body);
    *s = (struct chat_slot){.chat = c, .what = what, .is_open = true};
    span_begin(&s->span, msg_name(msg_number(buf_view(body))), SPAN_CLIENT, &c->span.at);
    trace_write(&s->span.at, trace);
    enum err err = c->ports->ask(c->ports->ctx, s, to, buf_view(body), ttl_ms, str_of(trace));
    if (err) {
        s->is_open = false;
        chat_end_span(s, err_code(err));
    }
    buf_fini(body);
    return err;
}

enum err chat_ask_limit(struct chat *c)
{
    struct limit_take_request m = {.address_hash = str_of(c->address_hash), .what = STR("chat")};
    struct buf                body = {0};

    limit_take_request_encode(&m, &body);
    return ask(c, CHAT_Q_LIMIT, SERVICE_STORE, &body, STORE_MS);
}

enum err chat_ask_filter(struct chat *c)
{
    struct filter_check_request m = {.text = str_of(c->text)};
    struct buf                  body = {0};

    filter_check_request_encode(&m, &body);
    return ask(c, CHAT_Q_FILTER, SERVICE_FILTER, &body, FILTER_MS);
}

/* What begins a chat is asked for in the same words each time, so that it makes one. */
static const struct uuid *chat_to_begin_in(const struct chat *c)
{
    return c->is_fresh || c->is_branch ? &c->wanted_chat : &c->conversation;
}

enum err chat_ask_begin(struct chat *c)
{
    struct turn_begin_request m = {.session = uuid_str(&c->session),
                                   .conversation = uuid_str(chat_to_begin_in(c)),
                                   .new_conversation = c->is_fresh,
                                   .branch = c->is_branch,
                                   .after_seq = c->after_seq,
                                   .turn_id = uuid_str(&c->turn_id),
                                   .text = str_of(c->text),
                                   .window = c->window,
                                   .address_hash = str_of(c->address_hash),
                                   .model = str_of(c->wanted_model),
                                   .request_nonce = random_u64()};
    struct buf                body = {0};

    turn_begin_request_encode(&m, &body);
    return ask(c, CHAT_Q_BEGIN, SERVICE_STORE, &body, STORE_MS);
}

/* The newest exchanges that fit, and the question behind them. */
static void fill_talk(struct llm_answer_request *m, const struct turn_begin_reply *begun,
                      struct str question)
{
    uint64_t first = begun->context_count;
    size_t   bytes = 0;

    while (first >= 2 && begun->context_count - first + 2 < COUNT_OF(m->context)) {
        bytes += begun->context[first - 1].text.len + begun->context[first - 2].text.len;
        if (bytes > TALK_MAX)
            break;
        first -= 2;
    }
    for (uint64_t i = first; i < begun->context_count; i++)
        m->context[m->context_count++] = begun->context[i];
    m->context[m->context_count++] = (struct context_message){.by_user = 1, .text = question};
}

enum err chat_ask_answer(struct chat *c, const struct turn_begin_reply *begun)
{
    struct llm_answer_request *m = mem_new(sizeof *m);
    struct buf                 body = {0};
    char                       user[PSEUDONYM_SIZE];

    pseudonym_of_session(user, &c->session);
    m->turn_id = uuid_str(&c->turn_id);
    m->user = str_of(user);
    m->model = *c->wanted_model ? str_of(c->wanted_model) : begun->model;
    m->sealed_key = begun->sealed_key;
    m->total_ms = c->total_ms;
    fill_talk(m, begun, str_of(c->text));
    llm_answer_request_encode(m, &body);
    free(m);
    return ask(c, CHAT_Q_ANSWER, SERVICE_LLM_WORKER, &body, c->total_ms);
}

enum err chat_ask_review(struct chat *c, size_t len, bool is_whole)
{
    struct filter_review_request m = {.text = {c->answer.p, len}, .is_complete = is_whole};
    struct buf                   body = {0};

    filter_review_request_encode(&m, &body);
    c->reviewed = len;
    return ask(c, CHAT_Q_REVIEW, SERVICE_FILTER, &body, FILTER_MS);
}

static void encode_renew(const struct chat *c, struct buf *body)
{
    struct turn_renew_request m = {.session = uuid_str(&c->session),
                                   .conversation = uuid_str(&c->conversation),
                                   .turn_id = uuid_str(&c->turn_id),
                                   .epoch = c->epoch,
                                   .user_text = str_of(c->is_question_missing ? c->text : ""),
                                   .seq = c->seq,
                                   .asked_at = c->asked_at};
    turn_renew_request_encode(&m, body);
}

static void encode_append(const struct chat *c, struct buf *body)
{
    struct turn_append_request m = {.session = uuid_str(&c->session),
                                    .conversation = uuid_str(&c->conversation),
                                    .turn_id = uuid_str(&c->turn_id),
                                    .epoch = c->epoch,
                                    .offset = c->held,
                                    .text = {c->answer.p + c->held, c->answer.len - c->held},
                                    .model = str_of(c->model),
                                    .user_text = str_of(c->is_question_missing ? c->text : ""),
                                    .seq = c->seq,
                                    .asked_at = c->asked_at};
    turn_append_request_encode(&m, body);
}

enum err chat_ask_renew(struct chat *c)
{
    struct buf body = {0};

    if (c->answer.len > c->held && !c->is_not_buffered)
        encode_append(c, &body);
    else
        encode_renew(c, &body);
    return ask(c, CHAT_Q_RENEW, SERVICE_STORE, &body, RENEW_MS);
}

enum err chat_ask_follow(struct chat *c)
{
    struct turn_follow_request m = {
        .session = uuid_str(&c->session), .turn_id = uuid_str(&c->turn_id), .after = c->answer.len};
    struct buf body = {0};

    turn_follow_request_encode(&m, &body);
    return ask(c, CHAT_Q_FOLLOW, SERVICE_STORE, &body, STORE_MS);
}

enum err chat_ask_commit(struct chat *c)
{
    struct turn_commit_request m = {
        .session = uuid_str(&c->session),
        .conversation = uuid_str(&c->conversation),
        .turn_id = uuid_str(&c->turn_id),
        .epoch = c->epoch,
        .seq = c->seq,
        .user_text = str_of(c->text),
        .answer = buf_view(&c->answer),
        .status = c->status == CHAT_STOPPED ? STR("stopped") : STR("committed"),
        .verdict = c->verdict,
        .model = str_of(c->model),
        .finish_reason = str_of(c->finish_reason),
        .generation_id = str_of(c->generation_id),
        .prompt_tokens = c->prompt_tokens,
        .completion_tokens = c->completion_tokens,
        .cost = c->cost,
        .asked_at = c->asked_at,
        .cost_unknown = !c->is_cost_known && !c->is_free,
    };
    struct buf body = {0};

    turn_commit_request_encode(&m, &body);
    return ask(c, CHAT_Q_END, SERVICE_STORE, &body, COMMIT_MS);
}

/* Whether the model may have worked for this turn: it spoke, or was cut off while it might have. */
static bool may_have_cost(const struct chat *c)
{
    bool was_asked = c->slots[CHAT_Q_ANSWER].id != 0;

    if (c->is_free)
        return false;
    return c->pieces || (was_asked && (c->err == ERR_STOPPED || c->err == ERR_UPSTREAM_TIMEOUT ||
                                       c->err == ERR_UPSTREAM_TRUNCATED || c->err == ERR_INTERNAL));
}

/* Its worker died: what was said so far is worth keeping, if only to be asked again. */
static void add_what_there_is(const struct chat *c, struct turn_abort_request *m)
{
    m->interrupted = 1;
    m->seq = c->seq;
    m->user_text = str_of(c->text);
    m->answer = buf_view(&c->answer);
    m->model = str_of(c->model);
    m->asked_at = c->asked_at;
}

enum err chat_ask_abort(struct chat *c)
{
    struct turn_abort_request m = {.session = uuid_str(&c->session),
                                   .conversation = uuid_str(&c->conversation),
                                   .turn_id = uuid_str(&c->turn_id),
                                   .epoch = c->epoch,
                                   .reason = str_of(err_code(c->err)),
                                   .spent = may_have_cost(c)};
    struct buf                body = {0};

    if (c->err == ERR_INTERRUPTED)
        add_what_there_is(c, &m);
    turn_abort_request_encode(&m, &body);
    return ask(c, CHAT_Q_END, SERVICE_STORE, &body, ABORT_MS);
}
