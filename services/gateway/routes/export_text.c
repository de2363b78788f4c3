/* Markdown and JSON. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "http/reply.h"
#include "routes/export_text.h"

#define NAME_MAX_BYTES 60

/* ---- JSON ---- */

static void add_json(struct buf *out, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));

    must(text != NULL);
    buf_str(out, str_of(text));
    free(text);
    json_decref(value);
}

static json_t *turn_of(const struct message *question, const struct message *answer)
{
    json_t *asked = json_object(), *said = json_object();

    json_object_set_new(asked, "content", json_of(question->text));
    json_object_set_new(asked, "at", reply_time(question->at));
    json_object_set_new(said, "content", json_of(answer->text));
    json_object_set_new(said, "at", reply_time(answer->at));
    json_object_set_new(said, "model", json_of(answer->model));
    json_object_set_new(said, "finish_reason", json_of(answer->finish_reason));
    json_object_set_new(
        said, "usage", reply_usage(answer->prompt_tokens, answer->completion_tokens, answer->cost));
    json_object_set_new(said, "feedback",
                        json_integer(answer->feedback == 2 ? -1 : (int)answer->feedback));
    return json_pack("{s:o,s:o,s:o}", "status", json_of(answer->status), "question", asked,
                     "answer", said);
}

static void begin_json(struct buf *out, const struct export_reply *say)
{
    buf_print(out, "{\"format\":\"automotive-chat\",\"version\":1,\"title\":");
    add_json(out, json_of(say->title));
    buf_print(out, ",\"created_at\":");
    add_json(out, reply_time(say->created_at));
    buf_print(out, ",\"turns\":[");
}

/* ---- Markdown ---- */

static void add_time(struct buf *out, uint64_t at)
{
    char iso[CLOCK_ISO_SIZE];

    clock_iso(at, iso);
    buf_print(out, "%.10s %.5s UTC", iso, iso + 11);
}

/* What the person wrote is quoted, so that it is never taken for a heading of ours. */
static void add_quote(struct buf *out, struct str text)
{
    while (text.len) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t      len = end ? (size_t)(end - text.p) : text.len;
        buf_print(out, len ? "> %.*s\n" : ">\n", (int)len, text.p);
        len += end != NULL;
        text = (struct str){text.p + len, text.len - len};
    }
}

static void add_usage(struct buf *out, const struct message *answer)
{
    buf_print(out, "*");
    if (!str_is(answer->status, "committed"))
        buf_print(out, "%.*s; ", (int)answer->status.len, answer->status.p);
    buf_print(out, "%llu + %llu tokens, %.6f US dollars*\n",
              (unsigned long long)answer->prompt_tokens,
              (unsigned long long)answer->completion_tokens, answer->cost);
}

static void add_turn(struct buf *out, const struct message *question, const struct message *answer)
{
    buf_print(out, "\n## You, ");
    add_time(out, question->at);
    buf_print(out, "\n\n");
    add_quote(out, question->text);
    buf_print(out, "\n## Assistant, ");
    if (answer->model.len)
        buf_print(out, "%.*s, ", (int)answer->model.len, answer->model.p);
    add_time(out, answer->at);
    buf_print(out, "\n\n");
    buf_str(out, answer->text);
    buf_print(out, "\n\n");
    add_usage(out, answer);
}

/* ---- both ---- */

void export_begin(struct buf *out, bool is_json, const struct export_reply *say)
{
    if (is_json) {
        begin_json(out, say);
        return;
    }
    buf_print(out, "# %.*s\n\n*Begun ", (int)say->title.len, say->title.p);
    add_time(out, say->created_at);
    buf_print(out, "*\n");
}

void export_turns(struct buf *out, bool is_json, const struct export_reply *say, bool is_first)
{
    for (uint64_t i = 0; i + 1 < say->messages_count; i += 2) {
        const struct message *question = &say->messages[i], *answer = &say->messages[i + 1];
        if (!is_json) {
            add_turn(out, question, answer);
            continue;
        }
        buf_print(out, "%s\n", is_first && i == 0 ? "" : ",");
        add_json(out, turn_of(question, answer));
    }
}

void export_end(struct buf *out, bool is_json)
{
    if (is_json)
        buf_print(out, "\n]}\n");
}

/* ---- the name of the file ---- */

/* Letters and digits, and a dash for whatever stands between them. */
static void add_plain_name(struct buf *out, struct str title)
{
    size_t start = out->len;
    bool   has_gap = false;

    for (size_t i = 0; i < title.len && out->len - start < NAME_MAX_BYTES; i++) {
        unsigned char c = (unsigned char)title.p[i];
        bool          is_plain = c < 0x80 && isalnum(c);
        if (is_plain && has_gap && out->len > start)
            buf_add(out, "-", 1);
        if (is_plain)
            buf_add(out, &title.p[i], 1);
        has_gap = !is_plain;
    }
    if (out->len == start)
        buf_print(out, "chat");
}

void export_disposition(struct buf *out, bool is_json, struct str title)
{
    buf_print(out, "attachment; filename=\"");
    add_plain_name(out, title);
    buf_print(out, is_json ? ".json\"" : ".md\"");
}
