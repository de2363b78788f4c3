/* Writes Markdown and JSON. */
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
    json_t *asked = json_object(), *answered = json_object();

    json_object_set_new(asked, "content", reply_string(question->text));
    json_object_set_new(asked, "at", reply_time(question->at));
    json_object_set_new(answered, "content", reply_string(answer->text));
    json_object_set_new(answered, "at", reply_time(answer->at));
    json_object_set_new(answered, "model", reply_string(answer->model));
    json_object_set_new(answered, "finish_reason", reply_string(answer->finish_reason));
    json_object_set_new(
        answered, "usage",
        reply_usage(answer->prompt_tokens, answer->completion_tokens, answer->cost));
    json_object_set_new(answered, "feedback",
                        json_integer(answer->feedback == 2 ? -1 : (int)answer->feedback));
    return json_pack("{s:o,s:o,s:o}", "status", reply_string(answer->status), "question", asked,
                     "answer", answered);
}

static void begin_json(struct buf *out, const struct export_reply *reply)
{
    buf_print(out, "{\"format\":\"automotive-chat\",\"version\":1,\"title\":");
    add_json(out, reply_string(reply->title));
    buf_print(out, ",\"created_at\":");
    add_json(out, reply_time(reply->created_at));
    buf_print(out, ",\"turns\":[");
}

/* ---- Markdown ---- */

static void add_time(struct buf *out, uint64_t at)
{
    char iso[CLOCK_ISO_SIZE];

    clock_iso(at, iso);
    buf_print(out, "%.10s %.5s UTC", iso, iso + 11);
}

/* The question is quoted, so that it cannot be taken for a heading of the file. */
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

void export_text_begin(struct buf *out, bool is_json, const struct export_reply *reply)
{
    if (is_json) {
        begin_json(out, reply);
        return;
    }
    buf_print(out, "# %.*s\n\n*Begun ", (int)reply->title.len, reply->title.p);
    add_time(out, reply->created_at);
    buf_print(out, "*\n");
}

void export_text_turns(struct buf *out, bool is_json, const struct export_reply *reply,
                       bool is_first)
{
    for (uint64_t i = 0; i + 1 < reply->messages_count; i += 2) {
        const struct message *question = &reply->messages[i], *answer = &reply->messages[i + 1];
        if (!is_json) {
            add_turn(out, question, answer);
            continue;
        }
        buf_print(out, "%s\n", is_first && i == 0 ? "" : ",");
        add_json(out, turn_of(question, answer));
    }
}

void export_text_end(struct buf *out, bool is_json)
{
    if (is_json)
        buf_print(out, "\n]}\n");
}

/* ---- the name of the file ---- */

/* Letters and digits, with a dash for everything between them. */
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

void export_text_disposition(struct buf *out, bool is_json, struct str title)
{
    buf_print(out, "attachment; filename=\"");
    add_plain_name(out, title);
    buf_print(out, is_json ? ".json\"" : ".md\"");
}
