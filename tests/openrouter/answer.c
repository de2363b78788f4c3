/* Chunks and bodies, byte for byte. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/clock.h"
#include "base/random.h"
#include "json_text.h"

static void make_id(struct answer *a)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t            len = 15;

    must(str_format(a->id, sizeof a->id, "gen-%010" PRId64 "-", a->created));
    while (len < ANSWER_ID_SIZE - 1)
        a->id[len++] = letters[random_below(sizeof letters - 1)];
    a->id[len] = '\0';
}

static void make_head(struct answer *a)
{
    struct buf  head = {0};
    const char *object = "chat.completion.chunk";
    json_t     *json;

    if (a->framing.old_order)
        json = json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", a->id, "provider", a->facts->provider,
                         "model", a->model, "object", object, "created", (json_int_t)a->created);
    else
        json = json_pack("{s:s, s:s, s:I, s:s, s:s}", "id", a->id, "object", object, "created",
                         (json_int_t)a->created, "model", a->model, "provider", a->facts->provider);
    json_text_add_members(&head, json);
    json_decref(json);
    a->head = buf_take(&head);
}

void answer_init(struct answer *a, const struct model *facts, struct str name,
                 struct framing framing)
{
    *a = (struct answer){.facts = facts, .framing = framing};
    a->created = (int64_t)(clock_wall_ms() / 1000);
    a->model = str_dup(name);
    make_id(a);
    make_head(a);
}

void answer_fini(struct answer *a)
{
    free(a->model);
    free(a->head);
    *a = (struct answer){0};
}

static void add(struct buf *out, const char *text)
{
    buf_str(out, str_of(text));
}

static void end_line(const struct answer *a, struct buf *out)
{
    add(out, a->framing.eol ? a->framing.eol : "\n");
}

static void begin_data(const struct answer *a, struct buf *out)
{
    add(out, a->framing.no_space ? "data:" : "data: ");
}

/* Between two members of a chunk; JSON allows a line break there. */
static void next_member(const struct answer *a, struct buf *out)
{
    add(out, ",");
    if (a->framing.many_lines) {
        end_line(a, out);
        begin_data(a, out);
    }
}

void answer_comment(const struct answer *a, struct buf *out)
{
    add(out, ": OPENROUTER PROCESSING");
    end_line(a, out);
    end_line(a, out);
}

void answer_done(const struct answer *a, struct buf *out)
{
    begin_data(a, out);
    add(out, "[DONE]");
    end_line(a, out);
    end_line(a, out);
}

void answer_chunk(const struct answer *a, struct buf *out, const char *before, const char *choices,
                  const char *after)
{
    begin_data(a, out);
    add(out, "{");
    add(out, a->head);
    if (before) {
        next_member(a, out);
        add(out, before);
    }
    next_member(a, out);
    add(out, "\"choices\":");
    add(out, choices);
    if (after) {
        next_member(a, out);
        add(out, after);
    }
    add(out, "}");
    end_line(a, out);
    end_line(a, out);
}

static void add_string_or_null(struct buf *out, const char *text)
{
    if (text)
        json_text_add_string(out, str_of(text));
    else
        add(out, "null");
}

/* content and more are JSON: the text, and further members of the delta or NULL. */
static char *one_choice(const struct answer *a, const char *content, const char *more,
                        const char *finish, const char *native)
{
    struct buf choices = {0};

    if (a->framing.old_order)
        buf_print(&choices, "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":%s",
                  content);
    else
        buf_print(&choices, "[{\"index\":0,\"delta\":{\"content\":%s,\"role\":\"assistant\"",
                  content);
    if (more)
        buf_print(&choices, ",%s", more);
    add(&choices, "},\"finish_reason\":");
    add_string_or_null(&choices, finish);
    add(&choices, ",\"native_finish_reason\":");
    add_string_or_null(&choices, native);
    add(&choices, a->framing.old_order ? ",\"logprobs\":null}]" : "}]");
    return buf_take(&choices);
}

static char *quoted(struct str text)
{
    struct buf json = {0};
    json_text_add_string(&json, text);
    return buf_take(&json);
}

void answer_content(const struct answer *a, struct buf *out, struct str text, const char *finish)
{
    char *content = quoted(text);
    char *choices = one_choice(a, content, NULL, finish, finish);

    answer_chunk(a, out, NULL, choices, NULL);
    free(choices);
    free(content);
}

/* The text appears twice, as in the real stream. */
void answer_reasoning(const struct answer *a, struct buf *out, struct str text)
{
    char      *json = quoted(text);
    struct buf more = {0};

    buf_print(&more,
              "\"reasoning\":%s,\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":%s,"
              "\"format\":null,\"index\":0}]",
              json, json);
    char *choices = one_choice(a, "\"\"", more.p, NULL, NULL);
    answer_chunk(a, out, NULL, choices, NULL);
    free(choices);
    buf_fini(&more);
    free(json);
}

void answer_finish(const struct answer *a, struct buf *out, const char *reason, const char *native)
{
    char *choices = one_choice(a, "\"\"", NULL, reason, native);
    answer_chunk(a, out, NULL, choices, NULL);
    free(choices);
}

double answer_cost(const struct answer *a)
{
    return a->prompt_tokens * strtod(a->facts->prompt_price, NULL) +
           (a->tokens + a->reasoning_tokens) * strtod(a->facts->completion_price, NULL);
}

/* A free model costs the integer 0. */
static json_t *usd(double cost)
{
    return cost > 0 ? json_real(cost) : json_integer(0);
}

static json_t *usage(const struct answer *a)
{
    unsigned completion = a->tokens + a->reasoning_tokens;
    double   prompt_cost = a->prompt_tokens * strtod(a->facts->prompt_price, NULL);
    double   cost = answer_cost(a);

    return json_pack(
        "{s:i, s:i, s:i, s:o, s:b, s:{s:i, s:i, s:i, s:i}, s:{s:o, s:o, s:o}, s:{s:i, s:i, s:i}}",
        "prompt_tokens", (int)a->prompt_tokens, "completion_tokens", (int)completion,
        "total_tokens", (int)(a->prompt_tokens + completion), "cost", usd(cost), "is_byok", 0,
        "prompt_tokens_details", "cached_tokens", 0, "cache_write_tokens", 0, "audio_tokens", 0,
        "video_tokens", 0, "cost_details", "upstream_inference_cost", usd(cost),
        "upstream_inference_prompt_cost", usd(prompt_cost), "upstream_inference_completions_cost",
        usd(cost - prompt_cost), "completion_tokens_details", "reasoning_tokens",
        (int)a->reasoning_tokens, "image_tokens", 0, "audio_tokens", 0);
}

void answer_chunk_usage(const struct answer *a, struct buf *out, const char *before,
                        const char *choices)
{
    struct buf after = {0};
    json_t    *json = json_pack("{s:o}", "usage", usage(a));

    json_text_add_members(&after, json);
    answer_chunk(a, out, before, choices, after.p);
    json_decref(json);
    buf_fini(&after);
}

/* 1: until 2026-02, an empty delta; 2: since 2026-03, no choices; 3: seen in 2026-08, a second
 * finish and the service tier. */
void answer_usage(const struct answer *a, struct buf *out, unsigned shape)
{
    const char *finish = shape == 3 ? "stop" : NULL;
    char       *choices = shape == 2 ? str_dup(STR("[]")) : NULL;

    if (!choices)
        choices = one_choice(a, "\"\"", NULL, finish, finish);
    answer_chunk_usage(a, out, shape == 3 ? "\"service_tier\":\"default\"" : NULL, choices);
    free(choices);
}

void answer_padding(struct buf *out)
{
    add(out, "\n         \n");
}

static void add_result(const struct answer *a, struct buf *out, json_t *choices)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "id", a->id, "provider",
                  a->facts->provider, "model", a->model, "object", "chat.completion", "created",
                  (json_int_t)a->created, "choices", choices, "usage", usage(a));
    json_text_add(out, json);
    json_decref(json);
}

void answer_result(const struct answer *a, struct buf *out, struct str text)
{
    json_t *content = json_stringn(text.p ? text.p : "", text.len);

    add_result(a, out,
               json_pack("[{s:n, s:s, s:s, s:i, s:{s:s, s:o, s:n, s:n}}]", "logprobs",
                         "finish_reason", "stop", "native_finish_reason", "stop", "index", 0,
                         "message", "role", "assistant", "content", content, "refusal",
                         "reasoning"));
}

void answer_result_of(const struct answer *a, struct buf *out, const char *choices)
{
    add_result(a, out, json_text_parse(choices));
}
