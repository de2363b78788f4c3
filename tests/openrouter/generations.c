/* A ring of completions. */
#include <string.h>

#include "base/clock.h"
#include "generations.h"

void generations_add(struct generations *g, const struct answer *a, unsigned ms, bool is_stream,
                     bool is_cancelled)
{
    struct generation *kept = &g->kept[g->next];

    *kept = (struct generation){
        .facts = a->facts,
        .prompt_tokens = a->prompt_tokens,
        .tokens = a->tokens,
        .reasoning_tokens = a->reasoning_tokens,
        .cost = answer_cost(a),
        .created = a->created,
        .ms = ms,
        .is_stream = is_stream,
        .is_cancelled = is_cancelled,
    };
    memcpy(kept->id, a->id, sizeof kept->id);
    g->next = (g->next + 1) % GENERATIONS_MAX;
}

static json_t *as_json(const struct generation *g)
{
    char at[CLOCK_ISO_SIZE];

    clock_iso((uint64_t)g->created * 1000, at);
    return json_pack(
        "{s:{s:s, s:s, s:s, s:b, s:b, s:s?, s:s?, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:f,"
        " s:f, s:b, s:s, s:n}}",
        "data", "id", g->id, "model", g->facts->answers_as, "provider_name", g->facts->provider,
        "streamed", g->is_stream, "cancelled", g->is_cancelled, "finish_reason",
        g->is_cancelled ? NULL : "stop", "native_finish_reason", g->is_cancelled ? NULL : "stop",
        "created_at", at, "latency", (int)g->ms, "generation_time", (int)g->ms, "tokens_prompt",
        (int)g->prompt_tokens, "tokens_completion", (int)g->tokens, "native_tokens_prompt",
        (int)g->prompt_tokens, "native_tokens_completion", (int)(g->tokens + g->reasoning_tokens),
        "native_tokens_reasoning", (int)g->reasoning_tokens, "native_tokens_cached", 0,
        "total_cost", g->cost, "usage", g->cost, "is_byok", 0, "api_type", "completions",
        "upstream_id");
}

json_t *generations_json(const struct generations *g, struct str id)
{
    for (size_t i = 0; id.len && i < GENERATIONS_MAX; i++) {
        if (g->kept[i].facts && str_is(id, g->kept[i].id))
            return as_json(&g->kept[i]);
    }
    return NULL;
}
