/* From a request to its reply: model, scenario, knobs, text. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "completion.h"
#include "samples.h"

/* the conversation */

/* Adds the text of a message: a string, or the text parts of a list. */
static void add_content(struct buf *out, const json_t *message)
{
    const json_t *content = json_object_get(message, "content");
    const json_t *part;
    size_t        i;

    if (json_is_string(content))
        buf_add(out, json_string_value(content), json_string_length(content));
    json_array_foreach(content, i, part)
    {
        const json_t *text = json_object_get(part, "text");
        if (json_is_string(text))
            buf_add(out, json_string_value(text), json_string_length(text));
    }
}

static char *last_question(const json_t *messages)
{
    struct buf out = {0};

    for (size_t i = json_array_size(messages); i-- > 0 && !out.len;) {
        const json_t *message = json_array_get(messages, i);
        const char   *role = json_string_value(json_object_get(message, "role"));
        if (role && strcmp(role, "user") == 0)
            add_content(&out, message);
    }
    return buf_take(&out);
}

/* Four tokens of framing per message, as in chat templates. */
static unsigned count_prompt(const json_t *messages, unsigned bytes_per_token)
{
    struct buf    all = {0};
    const json_t *message;
    size_t        i;

    json_array_foreach(messages, i, message) add_content(&all, message);
    size_t tokens = all.len / (bytes_per_token ? bytes_per_token : 1) + 4 * i;
    buf_fini(&all);
    return (unsigned)tokens;
}

/* a completion */

struct completion_params {
    const struct key      *key;
    const json_t          *body, *messages;
    struct str             name; /* as requested */
    const struct model    *facts;
    const struct scenario *scenario;
    struct knobs           knobs;
};

/* Splits standin/ok@tokens=5 and reads the knobs; false: unknown. */
static bool read_scenario(struct completion_params *w, struct str call)
{
    size_t len = 0;

    while (len < call.len && call.p[len] != '@' && call.p[len] != ':')
        len++;
    w->scenario = scenario_find((struct str){call.p, len});
    if (!w->scenario || !knobs_read(&w->knobs, str_of(w->scenario->knobs)))
        return false;
    return len == call.len ||
           knobs_read(&w->knobs, (struct str){call.p + len + 1, call.len - len - 1});
}

static bool read_model(struct completion_params *w)
{
    const char *ours = "standin/";

    if (str_starts(w->name, ours)) {
        size_t skip = strlen(ours);
        w->facts = model_for_scenarios();
        return read_scenario(w, (struct str){w->name.p + skip, w->name.len - skip});
    }
    if (model_has_ended(w->name)) {
        w->facts = model_for_scenarios();
        w->scenario = scenario_find(STR("404-ended"));
        return true;
    }
    w->facts = model_find(w->name);
    w->scenario = scenario_ok();
    return w->facts != NULL;
}

/* After `times` failures the scenario is ok. */
static void count_times(struct upstream *u, struct completion_params *w)
{
    struct buf who = {0};

    if (!w->knobs.times)
        return;
    buf_print(&who, "%s %.*s", w->key->text, (int)w->name.len, w->name.p);
    json_int_t times = json_integer_value(json_object_get(u->seen, who.p)) + 1;
    json_object_set_new(u->seen, who.p, json_integer(times));
    if (times > (json_int_t)w->knobs.times)
        w->scenario = scenario_ok();
    buf_fini(&who);
}

static uint64_t reset_time(unsigned reset)
{
    uint64_t now = clock_wall_ms();
    return reset ? now + reset : (now / 60000 + 1) * 60000;
}

static struct reply refuse_as(const struct completion_params *w)
{
    const struct scenario *s = w->scenario;
    struct buf             bytes = {0};
    struct reply           r = {.status = s->status};
    uint64_t               reset_ms = s->has_limits ? reset_time(w->knobs.reset) : 0;

    if (s->raw) {
        buf_str(&bytes, str_of(s->raw));
        r = reply_bytes(s->status, s->raw_type, &bytes);
    } else if (!s->no_reply) {
        r = reply_refusal(&(struct refusal){.status = s->status,
                                            .message = s->message,
                                            .metadata = s->metadata,
                                            .availability = s->availability,
                                            .model = w->name,
                                            .reset_ms = reset_ms,
                                            .is_known = true});
    }
    r.retry_after = s->has_retry ? w->knobs.retry : 0;
    r.reset_ms = reset_ms;
    r.scenario = s->name;
    return r;
}

static struct reply too_long(const struct completion_params *w, json_int_t prompt,
                             json_int_t output, unsigned context)
{
    char message[320];

    must(str_format(message, sizeof message,
                    "This endpoint's maximum context length is %u tokens. However, you requested "
                    "about %lld tokens (%lld of text input, %lld in the output). Please reduce "
                    "the length of either one.",
                    context, prompt + output, prompt, output));
    return reply_refusal(
        &(struct refusal){.status = 400,
                          .message = message,
                          .metadata = "{\"error_type\":\"context_length_exceeded\"}",
                          .model = w->name,
                          .is_known = true});
}

static char *between_marks(unsigned number, const char *question)
{
    struct buf text = {0};

    buf_print(&text, "#%u %s #%u", number, question, number);
    return buf_take(&text);
}

static char *text_of(struct upstream *u, const struct completion_params *w)
{
    char *question = last_question(w->messages);

    if (w->scenario->echo && !w->knobs.numbered)
        return question;
    char *text = w->scenario->echo
                     ? between_marks(++u->numbered, question)
                     : str_dup(str_of(u->demo ? sample_for(str_of(question)) : scenario_text));
    free(question);
    return text;
}

static struct reply answer_as(struct upstream *u, const struct completion_params *w)
{
    const struct scenario *s = w->scenario;
    bool                   is_stream = json_is_true(json_object_get(w->body, "stream"));
    unsigned               prompt = count_prompt(w->messages, w->knobs.chars);
    json_int_t             output = json_integer_value(json_object_get(w->body, "max_tokens"));
    unsigned               context = w->knobs.context ? w->knobs.context : w->facts->context;
    bool                   is_ours = w->facts == model_for_scenarios();
    struct answer          a;

    if (output < 0 || output > UINT32_MAX)
        return reply_refuse(400, "Invalid request parameters", w->name);
    if (prompt + output > context)
        return too_long(w, prompt, output, context);
    answer_init(&a, w->facts, is_ours ? w->name : str_of(w->facts->answers_as), s->framing);
    a.prompt_tokens = prompt;
    char        *text = text_of(u, w);
    struct reply r = {
        .status = 200,
        .type = is_stream && !s->as_json ? "text/event-stream" : JSON_TYPE,
        .playback = playback_new(scenario_steps(s, is_stream), &a, w->knobs, str_of(text)),
        .scenario = s->name,
        .is_stream = is_stream,
    };
    free(text);
    return r;
}

static struct reply try_model(struct upstream *u, const struct key *key, const json_t *body,
                              struct str name)
{
    struct completion_params w = {
        .key = key,
        .body = body,
        .messages = json_object_get(body, "messages"),
        .name = name,
        .knobs = u->knobs,
    };
    if (!read_model(&w))
        return reply_refuse(400, "$model is not a valid model ID", name);
    count_times(u, &w);
    if (w.scenario->status || w.scenario->no_reply)
        return refuse_as(&w);
    return answer_as(u, &w);
}

static struct reply refuse_key(const struct key *key)
{
    if (key->is_management)
        return reply_refuse(403, "Management keys cannot ask for completions", (struct str){0});
    const char *name = key->is_spent ? "403-key-limit" : "402";
    return refuse_as(&(struct completion_params){.scenario = scenario_find(str_of(name))});
}

static struct str model_name(const json_t *json)
{
    if (!json_is_string(json))
        return STR("openrouter/free"); /* an account's default */
    return (struct str){json_string_value(json), json_string_length(json)};
}

/* The fallbacks in `models` are tried in order after any refusal; if none works, the last refusal
 * is the reply. */
struct reply completion_reply(struct upstream *u, const struct key *key, const json_t *body)
{
    const json_t *others = json_object_get(body, "models");
    const json_t *model = json_object_get(body, "model");
    size_t        next = 0;

    if (key->is_management || key->is_spent || key->is_broke)
        return refuse_key(key);
    if (!json_array_size(json_object_get(body, "messages")))
        return reply_refuse(400, "Invalid request parameters", (struct str){0});
    if (!model && json_array_size(others))
        model = json_array_get(others, next++);
    struct reply r = try_model(u, key, body, model_name(model));
    while (r.status >= 400 && next < json_array_size(others)) {
        playback_free(&r.playback);
        r = try_model(u, key, body, model_name(json_array_get(others, next++)));
    }
    return r;
}
