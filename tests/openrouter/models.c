/* The model list. */
#include "models.h"

static const struct model models[] = {
#define MODEL(...) {__VA_ARGS__},
#include "models.def"
};

const struct model *model_find(struct str id)
{
    for (size_t i = 0; i < COUNT_OF(models); i++) {
        if (str_is(id, models[i].id))
            return &models[i];
    }
    return NULL;
}

const struct model *model_for_scenarios(void)
{
    return model_find(STR("standin/ok"));
}

bool model_has_ended(struct str id)
{
    return str_is(id, "deepseek/deepseek-chat-v3-0324:free");
}

static json_t *tokens_or_null(unsigned tokens)
{
    return tokens ? json_integer(tokens) : json_null();
}

json_t *model_json(const struct model *m)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:{s:s, s:[s], s:[s], s:s, s:n}, s:{s:s, s:s},"
                     " s:{s:i, s:o, s:b}, s:n, s:[s, s, s, s], s:n, s:n, s:n}",
                     "id", m->id, "canonical_slug", m->answers_as, "name", m->name, "created",
                     1767225600, "description", "A model of the stand-in.", "context_length",
                     (int)m->context, "architecture", "modality", "text->text", "input_modalities",
                     "text", "output_modalities", "text", "tokenizer", "Other", "instruct_type",
                     "pricing", "prompt", m->prompt_price, "completion", m->completion_price,
                     "top_provider", "context_length", (int)m->context, "max_completion_tokens",
                     tokens_or_null(m->most_output), "is_moderated", 0, "per_request_limits",
                     "supported_parameters", "max_tokens", "temperature", "top_p", "stop",
                     "default_parameters", "knowledge_cutoff", "expiration_date");
}

json_t *models_json(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < COUNT_OF(models); i++)
        json_array_append_new(list, model_json(&models[i]));
    return json_pack("{s:o, s:i, s:{s:n}}", "data", list, "total_count", (int)COUNT_OF(models),
                     "links", "next");
}
