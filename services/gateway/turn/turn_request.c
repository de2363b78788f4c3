/* One function per request that a turn sends. */
#include <stdlib.h>

#include "base/random.h"
#include "turn/turn_internal.h"

#define FILTER_MS 5000
#define STORE_MS  5000
#define RENEW_MS  2500
#define COMMIT_MS 15000 /* a store may be restarting: the answer is worth the wait */
#define ABORT_MS  2000

/* Bytes of the conversation that are sent to the model: far more than models take, and together
 * with the rest well below the size of a frame. */
#define CONTEXT_BYTES_MAX (512 * 1024)

enum err turn_request_limit(struct turn *t)
{
    struct limit_take_request m = {.address_hash = str_of(t->params.address_hash),
                                   .what = STR("chat")};
    struct buf                body = {0};

    limit_take_request_encode(&m, &body);
    return turn_slot_send(t, TURN_SLOT_LIMIT, SERVICE_STORE, &body, STORE_MS);
}

enum err turn_request_filter(struct turn *t)
{
    struct filter_check_request m = {.text = str_of(t->params.text)};
    struct buf                  body = {0};

    filter_check_request_encode(&m, &body);
    return turn_slot_send(t, TURN_SLOT_FILTER, SERVICE_FILTER, &body, FILTER_MS);
}

/* A request for a new conversation is the same each time it is sent, so that only one is made. */
static const struct uuid *conversation_to_begin_in(const struct turn *t)
{
    return t->params.is_new_conversation || t->params.is_branch ? &t->params.conversation
                                                                : &t->conversation;
}

enum err turn_request_begin(struct turn *t)
{
    struct turn_begin_request m = {.session = uuid_str(&t->params.session),
                                   .conversation = uuid_str(conversation_to_begin_in(t)),
                                   .new_conversation = t->params.is_new_conversation,
                                   .branch = t->params.is_branch,
                                   .after_seq = t->params.after_seq,
                                   .turn_id = uuid_str(&t->params.turn_id),
                                   .text = str_of(t->params.text),
                                   .window = t->params.history_max,
                                   .address_hash = str_of(t->params.address_hash),
                                   .model = str_of(t->params.model),
                                   .request_nonce = random_u64()};
    struct buf                body = {0};

    turn_begin_request_encode(&m, &body);
    return turn_slot_send(t, TURN_SLOT_BEGIN, SERVICE_STORE, &body, STORE_MS);
}

/* The newest pairs of question and answer that fit, and then the question. */
static void fill_context(struct llm_answer_request *m, const struct turn_begin_reply *begun,
                         struct str question)
{
    uint64_t first = begun->context_count;
    size_t   bytes = 0;

    while (first >= 2 && begun->context_count - first + 2 < COUNT_OF(m->context)) {
        bytes += begun->context[first - 1].text.len + begun->context[first - 2].text.len;
        if (bytes > CONTEXT_BYTES_MAX)
            break;
        first -= 2;
    }
    for (uint64_t i = first; i < begun->context_count; i++)
        m->context[m->context_count++] = begun->context[i];
    m->context[m->context_count++] = (struct context_message){.by_user = 1, .text = question};
}

enum err turn_request_answer(struct turn *t, const struct turn_begin_reply *begun)
{
    struct llm_answer_request *m = mem_new(sizeof *m);
    struct buf                 body = {0};
    char                       user[PSEUDONYM_SIZE];

    pseudonym_of_session(user, &t->params.session);
    m->turn_id = uuid_str(&t->params.turn_id);
    m->user = str_of(user);
    m->model = *t->params.model ? str_of(t->params.model) : begun->model;
    m->sealed_key = begun->sealed_key;
    m->total_ms = t->params.answer_ms;
    fill_context(m, begun, str_of(t->params.text));
    llm_answer_request_encode(m, &body);
    free(m);
    return turn_slot_send(t, TURN_SLOT_ANSWER, SERVICE_LLM_WORKER, &body, t->params.answer_ms);
}

enum err turn_request_review(struct turn *t, size_t len, bool is_whole)
{
    struct filter_review_request m = {.text = {t->answer.text.p, len}, .is_complete = is_whole};
    struct buf                   body = {0};

    filter_review_request_encode(&m, &body);
    t->review.reviewed = len;
    return turn_slot_send(t, TURN_SLOT_REVIEW, SERVICE_FILTER, &body, FILTER_MS);
}

static void encode_renew(const struct turn *t, struct buf *body)
{
    struct turn_renew_request m = {.session = uuid_str(&t->params.session),
                                   .conversation = uuid_str(&t->conversation),
                                   .turn_id = uuid_str(&t->params.turn_id),
                                   .epoch = t->lease.epoch,
                                   .user_text =
                                       str_of(t->lease.is_question_missing ? t->params.text : ""),
                                   .seq = t->seq,
                                   .asked_at = t->asked_at};
    turn_renew_request_encode(&m, body);
}

static void encode_append(const struct turn *t, struct buf *body)
{
    struct turn_append_request m = {
        .session = uuid_str(&t->params.session),
        .conversation = uuid_str(&t->conversation),
        .turn_id = uuid_str(&t->params.turn_id),
        .epoch = t->lease.epoch,
        .offset = t->lease.buffered,
        .text = {t->answer.text.p + t->lease.buffered, t->answer.text.len - t->lease.buffered},
        .model = str_of(t->answer.model),
        .user_text = str_of(t->lease.is_question_missing ? t->params.text : ""),
        .seq = t->seq,
        .asked_at = t->asked_at};
    turn_append_request_encode(&m, body);
}

enum err turn_request_renew(struct turn *t)
{
    struct buf body = {0};

    if (t->answer.text.len > t->lease.buffered && !t->lease.is_not_buffered)
        encode_append(t, &body);
    else
        encode_renew(t, &body);
    return turn_slot_send(t, TURN_SLOT_RENEW, SERVICE_STORE, &body, RENEW_MS);
}

enum err turn_request_follow(struct turn *t)
{
    struct turn_follow_request m = {.session = uuid_str(&t->params.session),
                                    .turn_id = uuid_str(&t->params.turn_id),
                                    .after = t->answer.text.len};
    struct buf                 body = {0};

    turn_follow_request_encode(&m, &body);
    return turn_slot_send(t, TURN_SLOT_FOLLOW, SERVICE_STORE, &body, STORE_MS);
}

enum err turn_request_commit(struct turn *t)
{
    struct turn_commit_request m = {
        .session = uuid_str(&t->params.session),
        .conversation = uuid_str(&t->conversation),
        .turn_id = uuid_str(&t->params.turn_id),
        .epoch = t->lease.epoch,
        .seq = t->seq,
        .user_text = str_of(t->params.text),
        .answer = buf_view(&t->answer.text),
        .status = t->outcome.status == TURN_STATUS_STOPPED ? STR("stopped") : STR("committed"),
        .verdict = t->review.verdict,
        .model = str_of(t->answer.model),
        .finish_reason = str_of(t->answer.finish_reason),
        .generation_id = str_of(t->answer.generation_id),
        .prompt_tokens = t->answer.prompt_tokens,
        .completion_tokens = t->answer.completion_tokens,
        .cost = t->answer.cost,
        .asked_at = t->asked_at,
        .cost_unknown = !t->answer.is_cost_known && !t->answer.is_free,
    };
    struct buf body = {0};

    turn_commit_request_encode(&m, &body);
    return turn_slot_send(t, TURN_SLOT_END, SERVICE_STORE, &body, COMMIT_MS);
}

/* Whether the model may have cost something: it has answered, or was cut off when it might have. */
static bool may_have_cost(const struct turn *t)
{
    bool was_asked = t->slots[TURN_SLOT_ANSWER].id != 0;

    if (t->answer.is_free)
        return false;
    return t->answer.chunks ||
           (was_asked &&
            (t->outcome.err == ERR_STOPPED || t->outcome.err == ERR_UPSTREAM_TIMEOUT ||
             t->outcome.err == ERR_UPSTREAM_TRUNCATED || t->outcome.err == ERR_INTERNAL));
}

/* The worker died: the beginning of the answer is kept, so that the question can be sent again. */
static void add_interrupted(const struct turn *t, struct turn_abort_request *m)
{
    m->interrupted = 1;
    m->seq = t->seq;
    m->user_text = str_of(t->params.text);
    m->answer = buf_view(&t->answer.text);
    m->model = str_of(t->answer.model);
    m->asked_at = t->asked_at;
}

enum err turn_request_abort(struct turn *t)
{
    struct turn_abort_request m = {.session = uuid_str(&t->params.session),
                                   .conversation = uuid_str(&t->conversation),
                                   .turn_id = uuid_str(&t->params.turn_id),
                                   .epoch = t->lease.epoch,
                                   .reason = str_of(err_code(t->outcome.err)),
                                   .spent = may_have_cost(t)};
    struct buf                body = {0};

    if (t->outcome.err == ERR_INTERRUPTED)
        add_interrupted(t, &m);
    turn_abort_request_encode(&m, &body);
    return turn_slot_send(t, TURN_SLOT_END, SERVICE_STORE, &body, ABORT_MS);
}
