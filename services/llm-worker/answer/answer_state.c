/* Bytes of the upstream to chunks for the gateway, and what counts as the end of an answer.
 *
 * Each completion is read in this order: usage (kept beside an error, too), the error, the text,
 * the finish reason.  An answer is complete if the stream sent [DONE] or a finish_reason; otherwise
 * it was truncated, even if the body ended cleanly. */
#include <string.h>
#include <strings.h>

#include "answer/answer_state.h"

#define BODY_MAX              (512 * 1024) /* of a reply that is not a stream */
#define UNREADABLE_EVENTS_MAX 16
#define UNREADABLE            "What OpenRouter sent could not be read."
#define REASONING_MAX         LIMIT_ANSWER /* the rest is dropped; it still restarts timeouts */

void answer_state_init(struct answer_state *s, const struct answer_timeouts *timeouts, uint64_t now)
{
    *s = (struct answer_state){.timeouts = *timeouts, .began = now, .last = now};
}

void answer_state_fini(struct answer_state *s)
{
    sse_fini(&s->sse);
    buf_fini(&s->body);
    buf_fini(&s->text);
    buf_fini(&s->reasoning);
    buf_fini(&s->chunk);
}

/* ---- the end ---- */

static void fail(struct answer_state *s, struct upstream_failure failure)
{
    s->phase = ANSWER_FAILED;
    s->failure = failure;
}

static void fail_with(struct answer_state *s, enum err err, bool retryable, const char *detail)
{
    fail(s, upstream_failure_of(err, retryable, detail));
}

static bool is_silent_failure(const struct answer_state *s)
{
    return s->text_len == 0 &&
           (strcmp(s->native_finish, "error") == 0 || strstr(s->native_finish, "network_error"));
}

/* A model may answer with reasoning alone, which is billed; without a single token it did not run.
 */
static bool is_empty(const struct answer_state *s)
{
    return s->text_len == 0 && s->reasoning_len == 0 && s->usage.completion_tokens == 0 &&
           strcmp(s->finish, "tool_calls") != 0;
}

/* Counts the text added behind the first `before` bytes and cuts it at the limit; false if it was
 * cut. */
static bool count_text(struct answer_state *s, size_t before)
{
    if (s->text.len == before)
        return true;
    struct str added = {s->text.p + before, s->text.len - before};
    struct str fits = str_cut(added, LIMIT_ANSWER - s->text_len);
    s->text.len = before + fits.len;
    s->text.p[s->text.len] = '\0';
    s->text_len += fits.len;
    return fits.len == added.len;
}

/* The upstream has sent everything it is going to send. */
static void conclude(struct answer_state *s)
{
    size_t before = s->text.len;

    if (s->phase != ANSWER_RUNNING)
        return;
    utf8_stream_end(&s->text_utf8, &s->text);
    utf8_stream_end(&s->reasoning_utf8, &s->reasoning);
    count_text(s, before);
    if (is_silent_failure(s)) {
        fail_with(s, ERR_UPSTREAM_ERROR, true, "The provider lost the connection to the model.");
    } else if (s->text_len == 0 && strcmp(s->finish, "content_filter") == 0) {
        fail_with(s, ERR_UPSTREAM_REFUSED, false,
                  "The provider's content filter held the answer back.");
    } else if (is_empty(s)) {
        fail_with(s, ERR_UPSTREAM_ERROR, true,
                  s->unreadable_events ? UNREADABLE : "The model gave an empty answer.");
    } else {
        if (!*s->finish)
            str_format(s->finish, sizeof s->finish, "stop");
        s->phase = ANSWER_DONE;
    }
}

/* ---- a completion ---- */

static void copy_text(char *to, size_t size, struct str value)
{
    value = str_cut(value, size - 1);
    if (!value.len || !str_is_utf8(value))
        return;
    memcpy(to, value.p, value.len);
    to[value.len] = '\0';
}

static void note_first_token(struct answer_state *s, uint64_t now)
{
    if (!s->has_first_token)
        s->first_token_ms = now - s->began;
    s->has_first_token = true;
}

static void add_reasoning(struct answer_state *s, struct str reasoning)
{
    size_t before = s->reasoning.len;

    if (s->reasoning_len >= REASONING_MAX) {
        s->reasoning_len += reasoning.len;
        return;
    }
    utf8_stream_add(&s->reasoning_utf8, reasoning, &s->reasoning);
    s->reasoning_len += s->reasoning.len - before;
}

/* finish_reason comes once, twice or never; "error" always counts, otherwise the first one. */
static void take_finish(struct answer_state *s, const struct completion *c)
{
    if (!*s->finish)
        copy_text(s->finish, sizeof s->finish, c->finish);
    if (!*s->native_finish)
        copy_text(s->native_finish, sizeof s->native_finish, c->native_finish);
    if (str_is(c->finish, "error"))
        fail_with(s, ERR_UPSTREAM_ERROR, true, "");
}

static void take_completion(struct answer_state *s, const struct completion *c, uint64_t now,
                            uint64_t wall)
{
    copy_text(s->model, sizeof s->model, c->model);
    copy_text(s->generation, sizeof s->generation, c->id);
    if (c->usage.given)
        s->usage = c->usage;
    if (c->error) {
        fail(s, upstream_failure_of_error(c->error, &s->head, wall));
        return;
    }
    if (c->content.len || c->reasoning.len || c->tool_call || c->finish.len)
        note_first_token(s, now);
    add_reasoning(s, c->reasoning);
    size_t before = s->text.len;
    utf8_stream_add(&s->text_utf8, c->content, &s->text);
    bool fits = count_text(s, before);
    take_finish(s, c);
    if (!fits && s->phase == ANSWER_RUNNING) {
        str_format(s->finish, sizeof s->finish, "length");
        s->phase = ANSWER_DONE;
    }
}

static void take_event(struct answer_state *s, struct str data, uint64_t now, uint64_t wall)
{
    struct completion c;

    s->last = now;
    if (str_is(str_trim(data), "[DONE]")) {
        conclude(s);
        s->ended = s->phase == ANSWER_DONE;
        return;
    }
    if (completion_read(&c, data))
        take_completion(s, &c, now, wall);
    else if (++s->unreadable_events > UNREADABLE_EVENTS_MAX)
        fail_with(s, ERR_UPSTREAM_ERROR, true, UNREADABLE);
    completion_fini(&c);
}

/* ---- the body ---- */

static void take_events(struct answer_state *s, struct str bytes, uint64_t now, uint64_t wall)
{
    struct str      data;
    enum sse_result result = SSE_NOTHING;

    while (s->phase == ANSWER_RUNNING && (result = sse_next(&s->sse, &bytes, &data)) == SSE_EVENT)
        take_event(s, data, now, wall);
    if (s->phase == ANSWER_RUNNING && result == SSE_TOO_LONG)
        fail_with(s, ERR_UPSTREAM_ERROR, true, "OpenRouter sent a line longer than 256 KiB.");
}

/* Leading blanks only keep the connection open while the model works. */
static void take_json(struct answer_state *s, struct str bytes, uint64_t now)
{
    while (!s->body.len && bytes.len && strchr(" \t\r\n", bytes.p[0]) && bytes.p[0])
        bytes = (struct str){bytes.p + 1, bytes.len - 1};
    if (!bytes.len)
        return;
    note_first_token(s, now);
    s->last = now;
    if (s->body.len + bytes.len <= BODY_MAX)
        buf_str(&s->body, bytes);
    else if (s->head.status == 200)
        fail_with(s, ERR_UPSTREAM_ERROR, true, "OpenRouter sent more than 512 KiB at once.");
}

void answer_state_read_head(struct answer_state *s, const struct upstream_head *head)
{
    s->head = *head;
    copy_text(s->generation, sizeof s->generation, str_of(head->generation));
    bool events = head->status == 200 && strncasecmp(head->type, "text/event-stream", 17) == 0;
    s->body_kind = events ? BODY_EVENTS : BODY_JSON;
}

void answer_state_read_bytes(struct answer_state *s, struct str bytes, uint64_t now, uint64_t wall)
{
    if (s->phase != ANSWER_RUNNING)
        return;
    if (s->body_kind == BODY_EVENTS)
        take_events(s, bytes, now, wall);
    else
        take_json(s, bytes, now);
}

/* ---- the end of the body ---- */

static void end_events(struct answer_state *s, uint64_t now, uint64_t wall)
{
    struct str data;

    if (sse_last(&s->sse, &data) == SSE_EVENT)
        take_event(s, data, now, wall);
    if (s->phase != ANSWER_RUNNING)
        return;
    if (*s->finish)
        conclude(s);
    else
        fail_with(s, ERR_UPSTREAM_TRUNCATED, true, "");
}

static void end_json(struct answer_state *s, uint64_t now, uint64_t wall)
{
    struct completion c;
    bool              read = completion_read(&c, buf_view(&s->body));

    if (s->head.status == 200 && read)
        take_completion(s, &c, now, wall);
    else
        fail(s, upstream_failure_of_reply(&s->head, buf_view(&s->body), wall));
    completion_fini(&c);
    conclude(s);
    buf_fini(&s->body);
}

void answer_state_read_end(struct answer_state *s, enum upstream_end end, uint64_t now,
                           uint64_t wall)
{
    if (s->phase != ANSWER_RUNNING)
        return;
    bool has_head = s->head.status != 0;
    bool is_whole = end == UPSTREAM_WHOLE || s->head.status != 200;
    if (has_head && s->body_kind == BODY_EVENTS)
        end_events(s, now, wall);
    else if (has_head && is_whole)
        end_json(s, now, wall);
    else
        fail(s, upstream_failure_of_end(end));
}

/* ---- time ---- */

static uint64_t total_deadline(const struct answer_state *s)
{
    return s->began + s->timeouts.total_ms;
}

/* UINT64_MAX while the upstream is paused. */
static uint64_t silence_deadline(const struct answer_state *s)
{
    if (!s->has_first_token)
        return s->began + s->timeouts.first_token_ms;
    return s->paused ? UINT64_MAX : s->last + s->timeouts.idle_ms;
}

uint64_t answer_state_deadline(const struct answer_state *s)
{
    return silence_deadline(s) < total_deadline(s) ? silence_deadline(s) : total_deadline(s);
}

void answer_state_tick(struct answer_state *s, uint64_t now, uint64_t wall)
{
    bool is_total_over = now >= total_deadline(s);

    if (is_total_over) { /* a reader that takes nothing must not keep it open */
        buf_clear(&s->text);
        buf_clear(&s->reasoning);
    }
    if (now < answer_state_deadline(s) || (s->phase != ANSWER_RUNNING && !is_total_over))
        return;
    if (s->phase == ANSWER_RUNNING && s->head.status != 0 && s->head.status != 200)
        end_json(s, now, wall); /* the status says more than a timeout */
    else if (s->phase == ANSWER_RUNNING && *s->finish)
        conclude(s); /* only the end of the body is missing */
    else if (s->phase != ANSWER_FAILED)
        fail_with(s, ERR_UPSTREAM_TIMEOUT, !is_total_over, "");
}

void answer_state_pause(struct answer_state *s, bool paused, uint64_t now)
{
    if (s->paused && !paused)
        s->last = now;
    s->paused = paused;
}

/* ---- what goes out ---- */

bool answer_state_take_chunk(struct answer_state *s, struct llm_chunk *chunk)
{
    struct str text = str_cut(buf_view(&s->text), LIMIT_CHUNK);
    struct str reasoning = str_cut(buf_view(&s->reasoning), LIMIT_CHUNK);

    if (!answer_state_has_chunk(s))
        return false;
    buf_clear(&s->chunk);
    buf_str(&s->chunk, text);
    buf_str(&s->chunk, reasoning);
    buf_drop(&s->text, text.len);
    buf_drop(&s->reasoning, reasoning.len);
    *chunk = (struct llm_chunk){
        .text = {s->chunk.p, text.len},
        .reasoning = {s->chunk.p + text.len, reasoning.len},
        .model = str_of(s->model_sent ? "" : s->model),
    };
    s->model_sent = s->model_sent || *s->model;
    return true;
}

bool answer_state_has_chunk(const struct answer_state *s)
{
    return s->text.len || s->reasoning.len;
}

bool answer_state_is_over(const struct answer_state *s)
{
    return s->phase != ANSWER_RUNNING && !answer_state_has_chunk(s);
}

bool answer_state_has_output(const struct answer_state *s)
{
    return s->body_kind == BODY_EVENTS && (s->text_len || s->reasoning_len);
}

void answer_state_reply(const struct answer_state *s, struct llm_answer_reply *reply)
{
    must(s->phase == ANSWER_DONE && answer_state_is_over(s));
    *reply = (struct llm_answer_reply){
        .model = str_of(s->model),
        .finish_reason = str_of(s->finish),
        .generation_id = str_of(s->generation),
        .prompt_tokens = s->usage.prompt_tokens,
        .completion_tokens = s->usage.completion_tokens,
        .cost = s->usage.cost,
        .first_token_ms = s->first_token_ms,
    };
}
