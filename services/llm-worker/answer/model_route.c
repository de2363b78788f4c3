/* The order of models. */
#include <string.h>

#include "answer/model_route.h"

#define ROUTERS "openrouter" /* the author of openrouter/free and openrouter/auto */

static bool has(const struct model_route *r, struct str model)
{
    for (unsigned i = 0; i < r->count; i++)
        if (str_eq(r->models[i], model))
            return true;
    return false;
}

bool model_route_is_name(struct str model)
{
    for (size_t i = 0; i < model.len; i++)
        if (model.p[i] <= ' ' || model.p[i] > '~')
            return false;
    return model.len > 0 && model.len <= LIMIT_MODEL && !str_starts(model, "sk-");
}

bool model_route_read(struct model_route *fallbacks, struct str list)
{
    *fallbacks = (struct model_route){0};
    if (str_is(list, "none"))
        return true;
    while (list.len) {
        const char *comma = memchr(list.p, ',', list.len);
        size_t      len = comma ? (size_t)(comma - list.p) : list.len;
        struct str  model = str_trim((struct str){list.p, len});
        size_t      gone = comma ? len + 1 : len;
        list = (struct str){list.p + gone, list.len - gone};
        if (!model.len || has(fallbacks, model))
            continue;
        if (!model_route_is_name(model) || fallbacks->count == MODEL_ROUTE_FALLBACKS_MAX)
            return false;
        fallbacks->models[fallbacks->count++] = model;
    }
    return true;
}

static void add(struct model_route *r, struct str model)
{
    if (!has(r, model))
        r->models[r->count++] = model;
}

void model_route_choose(struct model_route *r, struct str wanted,
                        const struct model_route *fallbacks, struct breaker *b, uint64_t now)
{
    struct model_route all = {0};

    *r = (struct model_route){0};
    add(&all, wanted);
    for (unsigned i = 0; i < fallbacks->count; i++)
        add(&all, fallbacks->models[i]);
    for (unsigned i = 0; i < all.count; i++) {
        uint64_t wait = breaker_wait(b, all.models[i], now);
        if (!wait)
            add(r, all.models[i]);
        else if (!r->wait_ms || wait < r->wait_ms)
            r->wait_ms = wait;
    }
    if (r->count)
        r->wait_ms = 0;
    for (unsigned i = 0; i < all.count; i++)
        add(r, all.models[i]);
}

static struct str author_of(struct str model)
{
    if (model.len && model.p[0] == '~') /* an alias of the author's newest model */
        model = (struct str){model.p + 1, model.len - 1};
    const char *slash = model.len ? memchr(model.p, '/', model.len) : NULL;
    return (struct str){model.p, slash ? (size_t)(slash - model.p) : model.len};
}

bool model_route_is_first(const struct model_route *r, struct str answered)
{
    struct str first = r->models[0];

    if (r->count == 1 || str_eq(answered, first))
        return true;
    for (unsigned i = 1; i < r->count; i++)
        if (str_eq(answered, r->models[i]))
            return false;
    return str_is(author_of(first), ROUTERS) || str_eq(author_of(first), author_of(answered));
}
