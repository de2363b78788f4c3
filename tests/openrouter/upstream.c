/* The addresses, and the way of a completion from its key to its scenario. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "jtext.h"
#include "refusal.h"
#include "samples.h"
#include "upstream.h"

#define JSON_TYPE "application/json"

void upstream_init(struct upstream *u)
{
    *u = (struct upstream){.knobs = knobs_normal(), .seen = json_object()};
}

void upstream_fini(struct upstream *u)
{
    keys_fini(&u->keys);
    json_decref(u->seen);
    *u = (struct upstream){0};
}

/* replies */

static struct reply reply_bytes(unsigned status, const char *type, struct buf *bytes)
{
    return (struct reply){.status = status, .type = type, .play = play_of_bytes(bytes)};
}

static struct reply reply_json(json_t *json)
{
    struct buf bytes = {0};

    jtext_add(&bytes, json);
    json_decref(json);
    return reply_bytes(200, JSON_TYPE, &bytes);
}

static struct reply refuse(const struct refusal *r)
{
    struct buf bytes = {0};

    refusal_add(&bytes, r);
    return reply_bytes(r->status, JSON_TYPE, &bytes);
}

static struct reply refuse_known(unsigned status, const char *message, struct str model)
{
    return refuse(
        &(struct refusal){.status = status, .message = message, .model = model, .is_known = true});
}

static struct reply not_found(void)
{
    struct buf bytes = {0};

    buf_str(&bytes, STR("<!DOCTYPE html><html lang=\"en\"><head><title>Not Found | OpenRouter"
                        "</title></head><body><h1>404</h1></body></html>"));
    return reply_bytes(404, "text/html; charset=utf-8", &bytes);
}

/* the key */

/* NULL: *r says why not. */
static const struct key *need_key(const struct upstream *u, const struct asked *a, struct reply *r)
{
    struct str value = str_trim(a->authorization);

    if (value.len < 6 || strncasecmp(value.p, "Bearer", 6) != 0 ||
        !(value = str_trim((struct str){value.p + 6, value.len - 6})).len) {
        *r = refuse(&(struct refusal){.status = 401, .message = "Missing Authentication header"});
        return NULL;
    }
    const struct key *key = keys_find(&u->keys, value);
    if (!key)
        *r = refuse(&(struct refusal){.status = 401, .message = "User not found."});
    return key;
}

/* small addresses */

static struct reply get_key(struct upstream *u, const struct asked *a)
{
    struct reply      r;
    const struct key *key = need_key(u, a, &r);

    if (!key)
        return r;
    if (key->is_failing)
        return refuse_known(500, "Internal Server Error", (struct str){0});
    return reply_json(key_json(key));
}

static struct reply get_credits(struct upstream *u, const struct asked *a)
{
    struct reply      r;
    const struct key *key = need_key(u, a, &r);

    if (!key)
        return r;
    if (!key->is_management)
        return refuse_known(403, "Only management keys can perform this operation",
                            (struct str){0});
    return reply_json(
        json_pack("{s:{s:f, s:f}}", "data", "total_credits", 100.5, "total_usage", 25.75));
}

static struct reply get_generation(struct upstream *u, const struct asked *a)
{
    struct reply r;

    if (!need_key(u, a, &r))
        return r;
    json_t *json = generations_json(&u->generations, a->id);
    return json ? reply_json(json) : refuse_known(404, "Generation $model not found", a->id);
}

/* Public, as the real one is: an answer here proves nothing about a key. */
static struct reply get_models(struct upstream *u, const struct asked *a)
{
    (void)u;
    (void)a;
    return reply_json(models_json());
}

static struct reply get_model(const struct asked *a, struct str id)
{
    const struct model *m = model_find(id);

    (void)a;
    if (!m)
        return refuse(
            &(struct refusal){.status = 404, .message = "Model $model not found", .model = id});
    return reply_json(json_pack("{s:o}", "data", model_json(m)));
}

/* the talk */

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

/* Four tokens of framing per message, as chat templates have. */
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

struct wish {
    const struct key      *key;
    const json_t          *body, *messages;
    struct str             name; /* as it was asked */
    const struct model    *facts;
    const struct scenario *scenario;
    struct knobs           knobs;
};

/* Splits standin/ok@tokens=5 and reads what is set; false: there is no such thing. */
static bool read_scenario(struct wish *w, struct str call)
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

static bool read_model(struct wish *w)
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

/* What goes wrong only a few times is well afterwards. */
static void count_times(struct upstream *u, struct wish *w)
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
    uint64_t now = wall_ms();
    return reset ? now + reset : (now / 60000 + 1) * 60000;
}

static struct reply refuse_as(const struct wish *w)
{
    const struct scenario *s = w->scenario;
    struct buf             bytes = {0};
    struct reply           r = {.status = s->status};
    uint64_t               reset_ms = s->has_limits ? reset_time(w->knobs.reset) : 0;

    if (s->raw) {
        buf_str(&bytes, str_of(s->raw));
        r = reply_bytes(s->status, s->raw_type, &bytes);
    } else if (!s->no_reply) {
        r = refuse(&(struct refusal){.status = s->status,
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

static struct reply too_long(const struct wish *w, unsigned prompt, unsigned output,
                             unsigned context)
{
    char message[256];

    must(str_format(message, sizeof message,
                    "This endpoint's maximum context length is %u tokens. However, you requested "
                    "about %u tokens (%u of text input, %u in the output). Please reduce the "
                    "length of either one.",
                    context, prompt + output, prompt, output));
    return refuse(&(struct refusal){.status = 400,
                                    .message = message,
                                    .metadata = "{\"error_type\":\"context_length_exceeded\"}",
                                    .model = w->name,
                                    .is_known = true});
}

static char *text_of(const struct upstream *u, const struct wish *w)
{
    char *question = last_question(w->messages);

    if (w->scenario->echo)
        return question;
    char *text = str_dup(str_of(u->demo ? sample_for(str_of(question)) : scenario_text));
    free(question);
    return text;
}

static struct reply answer_as(const struct upstream *u, const struct wish *w)
{
    const struct scenario *s = w->scenario;
    bool                   is_stream = json_is_true(json_object_get(w->body, "stream"));
    unsigned               prompt = count_prompt(w->messages, w->knobs.chars);
    json_int_t             output = json_integer_value(json_object_get(w->body, "max_tokens"));
    unsigned               context = w->knobs.context ? w->knobs.context : w->facts->context;
    bool                   is_ours = w->facts == model_for_scenarios();
    struct answer          a;

    if (output < 0 || prompt + output > context)
        return too_long(w, prompt, output < 0 ? 0 : (unsigned)output, context);
    answer_init(&a, w->facts, is_ours ? w->name : str_of(w->facts->answers_as), s->framing);
    a.prompt_tokens = prompt;
    char        *text = text_of(u, w);
    struct reply r = {
        .status = 200,
        .type = is_stream && !s->as_json ? "text/event-stream" : JSON_TYPE,
        .play = play_new(scenario_beats(s, is_stream), &a, w->knobs, str_of(text)),
        .scenario = s->name,
        .is_stream = is_stream,
    };
    free(text);
    return r;
}

static struct reply try_model(struct upstream *u, const struct key *key, const json_t *body,
                              struct str name)
{
    struct wish w = {
        .key = key,
        .body = body,
        .messages = json_object_get(body, "messages"),
        .name = name,
        .knobs = u->knobs,
    };
    if (!read_model(&w))
        return refuse_known(400, "$model is not a valid model ID", name);
    count_times(u, &w);
    if (w.scenario->status || w.scenario->no_reply)
        return refuse_as(&w);
    return answer_as(u, &w);
}

static struct reply refuse_key(const struct key *key)
{
    if (key->is_management)
        return refuse_known(403, "Management keys cannot ask for completions", (struct str){0});
    const char *name = key->is_spent ? "403-key-limit" : "402";
    return refuse_as(&(struct wish){.scenario = scenario_find(str_of(name))});
}

static struct str model_name(const json_t *json)
{
    if (!json_is_string(json))
        return STR("openrouter/free"); /* an account's default */
    return (struct str){json_string_value(json), json_string_length(json)};
}

/* The fallbacks in `models` are asked in their order after any refusal; the last
 * refusal is the answer when none works. */
static struct reply complete(struct upstream *u, const struct asked *a)
{
    struct reply      r;
    const struct key *key = need_key(u, a, &r);

    if (!key)
        return r;
    if (key->is_management || key->is_spent || key->is_broke)
        return refuse_key(key);
    if (!json_array_size(json_object_get(a->body, "messages")))
        return refuse_known(400, "Invalid request parameters", (struct str){0});

    const json_t *others = json_object_get(a->body, "models");
    const json_t *model = json_object_get(a->body, "model");
    size_t        next = 0;
    if (!model && json_array_size(others))
        model = json_array_get(others, next++);
    r = try_model(u, key, a->body, model_name(model));
    while (r.status >= 400 && next < json_array_size(others)) {
        play_free(&r.play);
        r = try_model(u, key, a->body, model_name(json_array_get(others, next++)));
    }
    return r;
}

static const struct {
    const char *method, *path;
    struct reply (*reply)(struct upstream *u, const struct asked *a);
} addresses[] = {
    {"POST", "/api/v1/chat/completions", complete}, {"GET", "/api/v1/key", get_key},
    {"GET", "/api/v1/auth/key", get_key},           {"GET", "/api/v1/models", get_models},
    {"GET", "/api/v1/credits", get_credits},        {"GET", "/api/v1/generation", get_generation},
};

struct reply upstream_reply(struct upstream *u, const struct asked *a)
{
    const char *one_model = "/api/v1/model/";

    if (a->is_too_long)
        return refuse(&(struct refusal){.status = 413, .message = "Request Entity Too Large"});
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        if (strcmp(a->method, addresses[i].method) == 0 && strcmp(a->path, addresses[i].path) == 0)
            return addresses[i].reply(u, a);
    }
    if (strcmp(a->method, "GET") == 0 && str_starts(str_of(a->path), one_model))
        return get_model(a, str_of(a->path + strlen(one_model)));
    return not_found();
}
