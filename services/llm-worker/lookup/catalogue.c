/* A list is kept as the message that gateways get, and decoded for look-ups. */
#include <stdlib.h>
#include <string.h>

#include "lookup/catalogue.h"
#include "openrouter/resources.h"

#define FREE_ROUTER "openrouter/free" /* chooses among all free models */

void catalogue_fini(struct catalogue *c)
{
    buf_fini(&c->bytes);
    c->known = false;
}

bool catalogue_load(struct catalogue *c, struct str body, uint64_t wall)
{
    struct models_list_reply *reply = mem_new(sizeof *reply);
    json_t                   *json = resources_read_models(body, reply);

    reply->at = wall;
    if (json) {
        buf_clear(&c->bytes);
        models_list_reply_encode(reply, &c->bytes);
        must(models_list_reply_decode(&c->list, buf_view(&c->bytes)) == ERR_OK);
        c->known = true;
    }
    json_decref(json);
    free(reply);
    return json != NULL;
}

static const struct model *find_exactly(const struct catalogue *c, struct str id)
{
    for (size_t i = 0; c->known && i < c->list.models_count; i++)
        if (str_eq(c->list.models[i].id, id))
            return &c->list.models[i];
    return NULL;
}

/* NULL: not listed.  A variant such as ":nitro" that is not listed itself counts as its model. */
static const struct model *find(const struct catalogue *c, struct str id)
{
    const struct model *found = find_exactly(c, id);
    const char         *colon = id.len ? memchr(id.p, ':', id.len) : NULL;

    if (found || !colon)
        return found;
    struct str variant = {colon, id.len - (size_t)(colon - id.p)};
    if (str_is(variant, ":free")) /* not the paid model of that name */
        return NULL;
    return find_exactly(c, (struct str){id.p, (size_t)(colon - id.p)});
}

uint64_t catalogue_context(const struct catalogue *c, struct str id)
{
    const struct model *m = find(c, id);
    return m ? m->context : 0;
}

static struct price price_of(const struct model *m)
{
    if (m->prompt_price < 0 || m->completion_price < 0 || m->request_price < 0)
        return (struct price){0};
    return (struct price){
        .known = true,
        .prompt = m->prompt_price,
        .completion = m->completion_price,
        .request = m->request_price,
    };
}

struct price catalogue_price(const struct catalogue *c, struct str id)
{
    const struct model *m = find(c, id);

    return m ? price_of(m) : (struct price){0};
}

static bool is_free(const struct model *m)
{
    struct price price = price_of(m);
    return price_is_free(&price);
}

struct str catalogue_free_model(const struct catalogue *c, struct str except)
{
    struct str found = {0};

    for (size_t i = 0; c->known && i < c->list.models_count; i++) {
        const struct model *m = &c->list.models[i];
        if (!is_free(m) || str_eq(m->id, except))
            continue;
        if (str_is(m->id, FREE_ROUTER))
            return m->id;
        if (!found.len)
            found = m->id;
    }
    return found;
}
