/* One JSON object of a completion. */
#include <math.h>
#include <string.h>

#include "openrouter/chunk.h"
#include "openrouter/text.h"

static struct str string_of(const json_t *value)
{
    if (!json_is_string(value))
        return (struct str){0};
    return (struct str){json_string_value(value), json_string_length(value)};
}

static struct str string_at(const json_t *object, const char *key)
{
    return string_of(json_object_get(object, key));
}

static uint64_t count_at(const json_t *object, const char *key)
{
    double value = json_number_value(json_object_get(object, key));
    return value > 0 && value < 1e12 ? (uint64_t)value : 0;
}

static void read_usage(struct usage *to, const json_t *usage)
{
    double cost = json_number_value(json_object_get(usage, "cost"));

    if (!json_is_object(usage))
        return;
    to->given = true;
    to->prompt_tokens = count_at(usage, "prompt_tokens");
    to->completion_tokens = count_at(usage, "completion_tokens");
    to->cost = isfinite(cost) && cost > 0 ? cost : 0;
    to->is_byok = json_is_true(json_object_get(usage, "is_byok"));
}

/* "reasoning" and "reasoning_details" say the same twice; the list is read only
 * where the string is missing. */
static void read_reasoning(struct chunk *c, const json_t *said)
{
    const json_t *details = json_object_get(said, "reasoning_details");
    size_t        i;
    json_t       *detail;

    c->reasoning = string_at(said, "reasoning");
    if (c->reasoning.len)
        return;
    json_array_foreach(details, i, detail)
    {
        buf_str(&c->thought, string_at(detail, "text"));
        buf_str(&c->thought, string_at(detail, "summary"));
    }
    c->reasoning = buf_view(&c->thought);
}

static void read_choice(struct chunk *c, const json_t *choice)
{
    const json_t *said = json_object_get(choice, "delta");

    if (!json_is_object(said))
        said = json_object_get(choice, "message");
    c->content = string_at(said, "content");
    if (!c->content.len)
        c->content = string_at(said, "refusal");
    read_reasoning(c, said);
    c->tool_call = json_array_size(json_object_get(said, "tool_calls")) > 0;
    c->finish = string_at(choice, "finish_reason");
    c->native = string_at(choice, "native_finish_reason");
}

static const json_t *error_of(const json_t *holder)
{
    const json_t *error = json_object_get(holder, "error");
    return json_is_null(error) || json_is_false(error) ? NULL : error;
}

bool chunk_read(struct chunk *c, struct str json)
{
    struct buf room = {0};
    struct str mended = text_mend(json, &room);

    *c = (struct chunk){0};
    c->root = mended.len ? json_loadb(mended.p, mended.len, JSON_ALLOW_NUL, NULL) : NULL;
    buf_fini(&room);
    if (!json_is_object(c->root))
        return false;
    const json_t *choice = json_array_get(json_object_get(c->root, "choices"), 0);
    c->id = string_at(c->root, "id");
    c->model = string_at(c->root, "model");
    c->error = error_of(c->root);
    if (!c->error)
        c->error = error_of(choice);
    read_choice(c, choice);
    read_usage(&c->usage, json_object_get(c->root, "usage"));
    return true;
}

void chunk_fini(struct chunk *c)
{
    json_decref(c->root);
    buf_fini(&c->thought);
}
