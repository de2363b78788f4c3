/* The request as JSON. */
#include <stdlib.h>

#include <jansson.h>

#include "openrouter/completion_request.h"

static json_t *string_of(struct str s)
{
    return json_stringn(s.len ? s.p : "", s.len);
}

static void add_message(json_t *messages, const char *role, struct str text)
{
    json_t *message = json_object();

    json_object_set_new(message, "role", json_string(role));
    json_object_set_new(message, "content", string_of(text));
    json_array_append_new(messages, message);
}

static json_t *messages_of(const char *system_prompt, const struct llm_answer_request *request,
                           unsigned first)
{
    json_t *messages = json_array();

    add_message(messages, "system", str_of(system_prompt));
    for (unsigned i = first; i < request->context_count; i++)
        add_message(messages, request->context[i].by_user ? "user" : "assistant",
                    request->context[i].text);
    return messages;
}

/* OpenRouter tries "model" first, then these in order. */
static json_t *others_of(const struct completion_options *o)
{
    json_t *others = json_array();

    for (unsigned i = 1; i < o->model_count; i++)
        json_array_append_new(others, string_of(o->models[i]));
    return others;
}

void completion_request_write(const struct completion_options *o,
                              const struct llm_answer_request *request, unsigned first,
                              struct buf *out)
{
    json_t *body = json_object();

    must(o->model_count > 0);
    json_object_set_new(body, "model", string_of(o->models[0]));
    if (o->model_count > 1)
        json_object_set_new(body, "models", others_of(o));
    json_object_set_new(body, "messages", messages_of(o->system_prompt, request, first));
    json_object_set_new(body, "max_tokens", json_integer((json_int_t)o->max_tokens));
    json_object_set_new(body, "temperature", json_real(o->temperature));
    if (o->top_p < 1)
        json_object_set_new(body, "top_p", json_real(o->top_p));
    json_object_set_new(body, "stream", json_true());
    if (request->user.len)
        json_object_set_new(body, "user", string_of(request->user));
    char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(6));
    must(text != NULL);
    buf_str(out, str_of(text));
    free(text);
    json_decref(body);
}
