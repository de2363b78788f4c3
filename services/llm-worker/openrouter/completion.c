/* Reads one JSON object of a completion. */
#include "openrouter/completion.h"
#include "openrouter/json_get.h"
#include "openrouter/utf8_stream.h"

static void read_usage(struct usage *to, const json_t *usage)
{
    double cost = json_get_number(usage, "cost");

    if (!json_is_object(usage))
        return;
    to->given = true;
    to->prompt_tokens = json_get_count(usage, "prompt_tokens");
    to->completion_tokens = json_get_count(usage, "completion_tokens");
    to->cost = cost > 0 ? cost : 0;
    to->is_byok = json_is_true(json_object_get(usage, "is_byok"));
}

/* "reasoning" and "reasoning_details" repeat each other; the list is read only where the string is
 * missing. */
static void read_reasoning(struct completion *c, const json_t *message)
{
    const json_t *details = json_object_get(message, "reasoning_details");
    size_t        i;
    json_t       *detail;

    c->reasoning = json_get_string(message, "reasoning");
    if (c->reasoning.len)
        return;
    json_array_foreach(details, i, detail)
    {
        buf_str(&c->details, json_get_string(detail, "text"));
        buf_str(&c->details, json_get_string(detail, "summary"));
    }
    c->reasoning = buf_view(&c->details);
}

static void read_choice(struct completion *c, const json_t *choice)
{
    const json_t *message = json_object_get(choice, "delta");

    if (!json_is_object(message))
        message = json_object_get(choice, "message");
    c->content = json_get_string(message, "content");
    if (!c->content.len)
        c->content = json_get_string(message, "refusal");
    read_reasoning(c, message);
    c->tool_call = json_array_size(json_object_get(message, "tool_calls")) > 0;
    c->finish = json_get_string(choice, "finish_reason");
    c->native_finish = json_get_string(choice, "native_finish_reason");
}

static const json_t *error_of(const json_t *holder)
{
    const json_t *error = json_object_get(holder, "error");
    return json_is_null(error) || json_is_false(error) ? NULL : error;
}

bool completion_read(struct completion *c, struct str json)
{
    struct buf copy = {0};
    struct str repaired = utf8_stream_repair(json, &copy);

    *c = (struct completion){0};
    c->root = repaired.len ? json_loadb(repaired.p, repaired.len, JSON_ALLOW_NUL, NULL) : NULL;
    buf_fini(&copy);
    if (!json_is_object(c->root))
        return false;
    const json_t *choice = json_array_get(json_object_get(c->root, "choices"), 0);
    c->id = json_get_string(c->root, "id");
    c->model = json_get_string(c->root, "model");
    c->error = error_of(c->root);
    if (!c->error)
        c->error = error_of(choice);
    read_choice(c, choice);
    read_usage(&c->usage, json_object_get(c->root, "usage"));
    return true;
}

void completion_fini(struct completion *c)
{
    json_decref(c->root);
    buf_fini(&c->details);
}
