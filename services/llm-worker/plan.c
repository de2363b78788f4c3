/* Before an answer and after it. */
#include "plan.h"
#include "base/log.h"
#include "fit.h"
#include "openrouter/request.h"

void planner_init(struct planner *p, const struct config *c, struct models *m)
{
    const struct breaker_limits limits = {c->breaker_failures, c->breaker_window_ms,
                                          c->breaker_cooldown_ms};

    *p = (struct planner){.config = c, .models = m};
    breaker_init(&p->breaker, &limits);
    tokens_init(&p->tokens);
}

void planner_fini(struct planner *p)
{
    breaker_fini(&p->breaker);
    tokens_fini(&p->tokens);
}

/* ---- before ---- */

static bool refuse_for_now(struct planner *p, const struct route *r, struct failure *why)
{
    *why = failure_of(breaker_why(&p->breaker, r->models[0]), true,
                      "This model failed again and again and is left alone for a moment.");
    why->retry_after_ms = r->wait_ms;
    why->is_here = true; /* each worker makes its own experience */
    return false;
}

static bool refuse_length(struct failure *why)
{
    *why = failure_of(ERR_TOO_LONG, false,
                      "The question is longer than this model can read. Shorten it, or choose a "
                      "model that reads more.");
    return false;
}

static bool fit(struct planner *p, struct str model, const struct llm_answer_request *ask,
                unsigned *first)
{
    const struct config *c = p->config;
    uint64_t             context = catalogue_context(models_know(p->models), model);

    if (!context)
        context = c->context_tokens;
    const struct fit_limits limits = {
        .messages = c->history_messages,
        .bytes = c->history_bytes,
        .tokens = context > c->max_tokens ? context - c->max_tokens : 0,
        .system_bytes = str_of(c->system_prompt).len,
        .tokens_per_byte = tokens_per_byte(&p->tokens, model),
    };
    return fit_talk(ask, &limits, first);
}

static void note_request(struct plan *plan, const struct route *r, const struct config *c,
                         const struct llm_answer_request *ask, unsigned first)
{
    plan->count = r->count;
    for (unsigned i = 0; i < r->count; i++)
        str_format(plan->names[i], sizeof plan->names[i], "%.*s", (int)r->models[i].len,
                   r->models[i].p);
    plan->bytes = str_of(c->system_prompt).len;
    plan->messages = 1 + ask->context_count - first;
    for (size_t i = first; i < ask->context_count; i++)
        plan->bytes += ask->context[i].text.len;
}

static void write_request(const struct config *c, const struct route *r,
                          const struct llm_answer_request *ask, unsigned first, struct buf *out)
{
    const struct request_options options = {
        .system_prompt = c->system_prompt,
        .models = r->models,
        .model_count = r->count,
        .max_tokens = c->max_tokens,
        .temperature = c->temperature,
        .top_p = c->top_p,
    };
    request_write(&options, ask, first, out);
}

bool plan_make(struct planner *p, struct plan *plan, const struct llm_answer_request *ask,
               uint64_t now, struct buf *out, struct failure *why)
{
    const struct config *c = p->config;
    struct str           own = ask->model.len ? ask->model : str_of(c->default_model);
    struct route         r;
    unsigned             first;

    *plan = (struct plan){0};
    route_choose(&r, own, &c->fallbacks, &p->breaker, now);
    if (r.wait_ms)
        return refuse_for_now(p, &r, why);
    if (!fit(p, r.models[0], ask, &first))
        return refuse_length(why);
    plan->tries = breaker_ask(&p->breaker, r.models[0], now);
    note_request(plan, &r, c, ask, first);
    write_request(c, &r, ask, first, out);
    return true;
}

/* ---- after ---- */

static struct str first_of(const struct plan *plan)
{
    return str_of(plan->names[0]);
}

static bool is_first(const struct plan *plan, struct str answered)
{
    struct route r = {.count = plan->count};

    for (unsigned i = 0; i < plan->count; i++)
        r.models[i] = str_of(plan->names[i]);
    return route_is_first(&r, answered);
}

/* A model that is gone is named together with one that lives. */
static void name_another(struct planner *p, const struct plan *plan, struct failure *f)
{
    struct str dead = first_of(plan), other = str_of(f->other_model);
    struct buf words = {0};

    if (!other.len || str_eq(other, dead))
        other = catalogue_free_one(&p->models->catalogue, dead);
    if (!other.len && !str_is(dead, p->config->default_model))
        other = str_of(p->config->default_model);
    if (!other.len)
        return;
    buf_str(&words, STR("One that is: "));
    buf_str(&words, other);
    buf_print(&words, ". %s", f->detail);
    words_clean(f->detail, buf_view(&words));
    buf_fini(&words);
}

void plan_failed(struct planner *p, const struct plan *plan, struct failure *f, uint64_t now)
{
    if (f->is_gone)
        name_another(p, plan, f);
    if (f->retryable && !f->is_elsewhere)
        breaker_fails(&p->breaker, first_of(plan), f->err, now);
    else
        plan_given_up(p, plan);
}

void plan_spoken(struct planner *p, struct plan *plan, struct str answered)
{
    if (plan->tries && is_first(plan, answered))
        breaker_works(&p->breaker, first_of(plan));
    else
        plan_given_up(p, plan);
    plan->tries = false;
}

void plan_given_up(struct planner *p, const struct plan *plan)
{
    if (plan->tries)
        breaker_gives_up(&p->breaker, first_of(plan));
}

/* The price of the model that spoke; a dated name is not listed, the one that
 * was asked for is. */
static struct price price_of(struct planner *p, const struct plan *plan, struct str answered)
{
    const struct catalogue *c = &p->models->catalogue;
    struct price            price = catalogue_price(c, answered);

    if (!price.known && is_first(plan, answered))
        price = catalogue_price(c, first_of(plan));
    return price;
}

bool plan_is_free(struct planner *p, const struct plan *plan, struct str answered)
{
    struct price price = price_of(p, plan, answered);
    return price_is_free(&price);
}

struct cost plan_cost(struct planner *p, const struct plan *plan, const struct job *j)
{
    struct price price = price_of(p, plan, str_of(j->model));
    return cost_check(&j->usage, &price, p->config->cost_margin);
}

void plan_worked(struct planner *p, const struct plan *plan, const struct job *j)
{
    if (is_first(plan, str_of(j->model))) {
        breaker_works(&p->breaker, first_of(plan));
        tokens_learn(&p->tokens, first_of(plan), plan->bytes, plan->messages,
                     j->usage.prompt_tokens);
    } else {
        plan_given_up(p, plan);
    }
}
