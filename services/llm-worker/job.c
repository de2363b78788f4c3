/* One answer: bytes to chunks to pieces, and what counts as its end.
 *
 * The order of rules for a chunk: usage is kept (also beside an error), then the
 * error, then the words, then the finish.  An answer is whole if the stream said
 * [DONE] or a finish_reason; else it was cut, however quietly its body ended. */
#include <string.h>
#include <strings.h>

#include "job.h"

#define BODY_LIMIT      (512 * 1024) /* of a reply that is no stream */
#define BAD_EVENTS_MAX  16
#define UNREADABLE      "What OpenRouter sent could not be read."
#define REASONING_LIMIT LIMIT_ANSWER /* what comes after it only counts as life */

void job_init(struct job *j, const struct job_limits *limits, uint64_t now)
{
    *j = (struct job){.limits = *limits, .began = now, .last = now};
}

void job_fini(struct job *j)
{
    sse_fini(&j->sse);
    buf_fini(&j->body);
    buf_fini(&j->text);
    buf_fini(&j->reasoning);
    buf_fini(&j->piece);
}

/* ---- the end ---- */

static void fail(struct job *j, struct failure failure)
{
    j->state = JOB_FAILED;
    j->failure = failure;
}

static void fail_with(struct job *j, enum err err, bool retryable, const char *detail)
{
    fail(j, failure_of(err, retryable, detail));
}

static bool is_silent_failure(const struct job *j)
{
    return j->text_len == 0 &&
           (strcmp(j->native, "error") == 0 || strstr(j->native, "network_error"));
}

/* A model may answer with thoughts alone, and is paid for it; one that has not
 * even counted a token was not there. */
static bool is_nothing(const struct job *j)
{
    return j->text_len == 0 && j->reasoning_len == 0 && j->usage.completion_tokens == 0 &&
           strcmp(j->finish, "tool_calls") != 0;
}

/* Counts what was added to the text since it had so many bytes, and takes back
 * what is over the limit; false if there was such. */
static bool count_text(struct job *j, size_t before)
{
    if (j->text.len == before)
        return true;
    struct str added = {j->text.p + before, j->text.len - before};
    struct str fits = str_cut(added, LIMIT_ANSWER - j->text_len);
    j->text.len = before + fits.len;
    j->text.p[j->text.len] = '\0';
    j->text_len += fits.len;
    return fits.len == added.len;
}

/* The answer is over as the upstream sees it. */
static void conclude(struct job *j)
{
    size_t before = j->text.len;

    if (j->state != JOB_RUNS)
        return;
    text_end(&j->said, &j->text);
    text_end(&j->thought, &j->reasoning);
    count_text(j, before);
    if (is_silent_failure(j)) {
        fail_with(j, ERR_UPSTREAM_ERROR, true, "The provider lost the connection to the model.");
    } else if (j->text_len == 0 && strcmp(j->finish, "content_filter") == 0) {
        fail_with(j, ERR_UPSTREAM_REFUSED, false,
                  "The provider's content filter held the answer back.");
    } else if (is_nothing(j)) {
        fail_with(j, ERR_UPSTREAM_ERROR, true,
                  j->bad_events ? UNREADABLE : "The model gave an empty answer.");
    } else {
        if (!*j->finish)
            str_format(j->finish, sizeof j->finish, "stop");
        j->state = JOB_DONE;
    }
}

/* ---- a chunk ---- */

static void keep(char *to, size_t size, struct str value)
{
    value = str_cut(value, size - 1);
    if (!value.len || !str_is_utf8(value))
        return;
    memcpy(to, value.p, value.len);
    to[value.len] = '\0';
}

static void sign(struct job *j, uint64_t now)
{
    if (!j->has_sign)
        j->first_ms = now - j->began;
    j->has_sign = true;
}

static void add_reasoning(struct job *j, struct str reasoning)
{
    size_t before = j->reasoning.len;

    if (j->reasoning_len >= REASONING_LIMIT) {
        j->reasoning_len += reasoning.len;
        return;
    }
    text_add(&j->thought, reasoning, &j->reasoning);
    j->reasoning_len += j->reasoning.len - before;
}

/* finish_reason comes once, twice or never; "error" always counts, else the first. */
static void take_finish(struct job *j, const struct chunk *c)
{
    if (!*j->finish)
        keep(j->finish, sizeof j->finish, c->finish);
    if (!*j->native)
        keep(j->native, sizeof j->native, c->native);
    if (str_is(c->finish, "error"))
        fail_with(j, ERR_UPSTREAM_ERROR, true, "");
}

static void take_chunk(struct job *j, const struct chunk *c, uint64_t now, uint64_t wall)
{
    keep(j->model, sizeof j->model, c->model);
    keep(j->generation, sizeof j->generation, c->id);
    if (c->usage.given)
        j->usage = c->usage;
    if (c->error) {
        fail(j, failure_of_error(c->error, &j->head, wall));
        return;
    }
    if (c->content.len || c->reasoning.len || c->tool_call || c->finish.len)
        sign(j, now);
    add_reasoning(j, c->reasoning);
    size_t before = j->text.len;
    text_add(&j->said, c->content, &j->text);
    bool fits = count_text(j, before);
    take_finish(j, c);
    if (!fits && j->state == JOB_RUNS) {
        str_format(j->finish, sizeof j->finish, "length");
        j->state = JOB_DONE;
    }
}

static void take_event(struct job *j, struct str data, uint64_t now, uint64_t wall)
{
    struct chunk c;

    j->last = now;
    if (str_is(str_trim(data), "[DONE]")) {
        conclude(j);
        j->ended = j->state == JOB_DONE;
        return;
    }
    if (chunk_read(&c, data))
        take_chunk(j, &c, now, wall);
    else if (++j->bad_events > BAD_EVENTS_MAX)
        fail_with(j, ERR_UPSTREAM_ERROR, true, UNREADABLE);
    chunk_fini(&c);
}

/* ---- the body ---- */

static void take_events(struct job *j, struct str bytes, uint64_t now, uint64_t wall)
{
    struct str   data;
    enum sse_got got = SSE_NOTHING;

    while (j->state == JOB_RUNS && (got = sse_next(&j->sse, &bytes, &data)) == SSE_EVENT)
        take_event(j, data, now, wall);
    if (j->state == JOB_RUNS && got == SSE_TOO_LONG)
        fail_with(j, ERR_UPSTREAM_ERROR, true, "OpenRouter sent a line longer than 256 KiB.");
}

/* Blanks in front only keep the line open while the model works. */
static void take_whole(struct job *j, struct str bytes, uint64_t now)
{
    while (!j->body.len && bytes.len && strchr(" \t\r\n", bytes.p[0]) && bytes.p[0])
        bytes = (struct str){bytes.p + 1, bytes.len - 1};
    if (!bytes.len)
        return;
    sign(j, now);
    j->last = now;
    if (j->body.len + bytes.len <= BODY_LIMIT)
        buf_str(&j->body, bytes);
    else if (j->head.status == 200)
        fail_with(j, ERR_UPSTREAM_ERROR, true, "OpenRouter sent more than 512 KiB at once.");
}

void job_take_head(struct job *j, const struct reply_head *head)
{
    j->head = *head;
    keep(j->generation, sizeof j->generation, str_of(head->generation));
    bool events = head->status == 200 && strncasecmp(head->type, "text/event-stream", 17) == 0;
    j->body_kind = events ? BODY_EVENTS : BODY_WHOLE;
}

void job_take_bytes(struct job *j, struct str bytes, uint64_t now, uint64_t wall)
{
    if (j->state != JOB_RUNS)
        return;
    if (j->body_kind == BODY_EVENTS)
        take_events(j, bytes, now, wall);
    else
        take_whole(j, bytes, now);
}

/* ---- the end of the body ---- */

static void end_events(struct job *j, uint64_t now, uint64_t wall)
{
    struct str data;

    if (sse_last(&j->sse, &data) == SSE_EVENT)
        take_event(j, data, now, wall);
    if (j->state != JOB_RUNS)
        return;
    if (*j->finish)
        conclude(j);
    else
        fail_with(j, ERR_UPSTREAM_TRUNCATED, true, "");
}

static void end_whole(struct job *j, uint64_t now, uint64_t wall)
{
    struct chunk c;
    bool         read = chunk_read(&c, buf_view(&j->body));

    if (j->head.status == 200 && read)
        take_chunk(j, &c, now, wall);
    else
        fail(j, failure_of_reply(&j->head, buf_view(&j->body), wall));
    chunk_fini(&c);
    conclude(j);
    buf_fini(&j->body);
}

void job_take_end(struct job *j, enum reply_end end, uint64_t now, uint64_t wall)
{
    if (j->state != JOB_RUNS)
        return;
    bool refused = j->head.status != 0 && j->head.status != 200;
    if (j->head.status == 0)
        fail(j, failure_of_end(end));
    else if (j->body_kind == BODY_EVENTS)
        end_events(j, now, wall);
    else if (end == REPLY_WHOLE || refused)
        end_whole(j, now, wall);
    else
        fail(j, failure_of_end(end));
}

/* ---- time ---- */

static uint64_t total_end(const struct job *j)
{
    return j->began + j->limits.total_ms;
}

/* When the model has been silent for too long, UINT64_MAX while that does not count. */
static uint64_t silence_end(const struct job *j)
{
    if (!j->has_sign)
        return j->began + j->limits.first_ms;
    return j->held ? UINT64_MAX : j->last + j->limits.idle_ms;
}

uint64_t job_next_time(const struct job *j)
{
    return silence_end(j) < total_end(j) ? silence_end(j) : total_end(j);
}

void job_take_time(struct job *j, uint64_t now, uint64_t wall)
{
    bool all_over = now >= total_end(j);

    if (all_over) { /* a reader who takes nothing cannot hold us for ever */
        buf_clear(&j->text);
        buf_clear(&j->reasoning);
    }
    if (now < job_next_time(j) || (j->state != JOB_RUNS && !all_over))
        return;
    if (j->state == JOB_RUNS && j->head.status != 0 && j->head.status != 200)
        end_whole(j, now, wall); /* the status says more than the clock */
    else if (j->state == JOB_RUNS && *j->finish)
        conclude(j); /* all was said; only the end of the body is missing */
    else if (j->state != JOB_FAILED)
        fail_with(j, ERR_UPSTREAM_TIMEOUT, !all_over, "");
}

void job_hold(struct job *j, bool held, uint64_t now)
{
    if (j->held && !held)
        j->last = now;
    j->held = held;
}

/* ---- what goes out ---- */

bool job_take_piece(struct job *j, struct llm_chunk *piece)
{
    struct str text = str_cut(buf_view(&j->text), LIMIT_CHUNK);
    struct str reasoning = str_cut(buf_view(&j->reasoning), LIMIT_CHUNK);

    if (!job_has_piece(j))
        return false;
    buf_clear(&j->piece);
    buf_str(&j->piece, text);
    buf_str(&j->piece, reasoning);
    buf_drop(&j->text, text.len);
    buf_drop(&j->reasoning, reasoning.len);
    *piece = (struct llm_chunk){
        .text = {j->piece.p, text.len},
        .reasoning = {j->piece.p + text.len, reasoning.len},
        .model = str_of(j->model_told ? "" : j->model),
    };
    j->model_told = j->model_told || *j->model;
    return true;
}

bool job_has_piece(const struct job *j)
{
    return j->text.len || j->reasoning.len;
}

bool job_is_over(const struct job *j)
{
    return j->state != JOB_RUNS && !job_has_piece(j);
}

bool job_has_spoken(const struct job *j)
{
    return j->body_kind == BODY_EVENTS && (j->text_len || j->reasoning_len);
}

void job_say(const struct job *j, struct llm_answer_reply *say)
{
    must(j->state == JOB_DONE && job_is_over(j));
    *say = (struct llm_answer_reply){
        .model = str_of(j->model),
        .finish_reason = str_of(j->finish),
        .generation_id = str_of(j->generation),
        .prompt_tokens = j->usage.prompt_tokens,
        .completion_tokens = j->usage.completion_tokens,
        .cost = j->usage.cost,
        .first_token_ms = j->first_ms,
    };
}
