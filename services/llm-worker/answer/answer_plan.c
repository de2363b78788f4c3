/* Decisions before an answer, bookkeeping after it. */
#include "answer/answer_plan.h"
#include "answer/context_fit.h"
#include "base/log.h"
#include "openrouter/completion_request.h"

void answer_planner_init(struct answer_planner *p, const struct config *c, struct model_list *m)
{
    const struct breaker_limits limits = {
        .failures = c->breaker_failures,
        .window_ms = c->breaker_window_ms,
        .cooldown_ms = c->breaker_cooldown_ms,
    };

    *p = (struct answer_planner){.config = c, .models = m};
    breaker_init(&p->breaker, &limits);
    token_estimate_init(&p->tokens);
}

void answer_planner_fini(struct answer_planner *p)
{
    breaker_fini(&p->breaker);
    token_estimate_fini(&p->tokens);
}

/* ---- before ---- */

static bool refuse_unavailable(struct answer_planner *p, const struct model_route *r,
                               struct upstream_failure *why)
{
    *why = upstream_failure_of(breaker_last_error(&p->breaker, r->models[0]), true,
                               "This model failed several times in a row. Try again shortly.");
    why->retry_after_ms = r->wait_ms;
    why->is_worker_local = true; /* each worker counts failures on its own */
    return false;
}

static bool refuse_length(struct upstream_failure *why)
{
    *why = upstream_failure_of(
        ERR_TOO_LONG, false,
        "The question is longer than this model can read. Shorten it, or choose a "
        "model that reads more.");
    return false;
}

static bool fit(struct answer_planner *p, struct str model,
                const struct llm_answer_request *request, unsigned *first)
{
    const struct config *c = p->config;
    uint64_t             context = catalogue_context(model_list_current(p->models), model);

    if (!context)
        context = c->context_tokens;
    const struct context_limits limits = {
        .messages = c->history_messages,
        .bytes = c->history_bytes,
        .tokens = context > c->max_tokens ? context - c->max_tokens : 0,
        .system_bytes = str_of(c->system_prompt).len,
        .tokens_per_byte = token_estimate_per_byte(&p->tokens, model),
    };
    return context_fit(request, &limits, first);
}

static void note_request(struct answer_plan *plan, const struct model_route *r,
                         const struct config *c, const struct llm_answer_request *request,
                         unsigned first)
{
    plan->route.count = r->count;
    for (unsigned i = 0; i < r->count; i++) {
        str_copy(plan->names[i], sizeof plan->names[i], r->models[i]);
        plan->route.models[i] = str_of(plan->names[i]);
    }
    plan->bytes = str_of(c->system_prompt).len;
    plan->messages = 1 + request->context_count - first;
    for (size_t i = first; i < request->context_count; i++)
        plan->bytes += request->context[i].text.len;
}

static void write_request(const struct config *c, const struct model_route *r,
                          const struct llm_answer_request *request, unsigned first, struct buf *out)
{
    const struct completion_options options = {
        .system_prompt = c->system_prompt,
        .models = r->models,
        .model_count = r->count,
        .max_tokens = c->max_tokens,
        .temperature = c->temperature,
        .top_p = c->top_p,
    };
    completion_request_write(&options, request, first, out);
}

bool answer_plan_make(struct answer_planner *p, struct answer_plan *plan,
                      const struct llm_answer_request *request, uint64_t now, struct buf *out,
                      struct upstream_failure *why)
{
    const struct config *c = p->config;
    struct str           wanted = request->model.len ? request->model : str_of(c->default_model);
    struct model_route   r;
    unsigned             first;

    *plan = (struct answer_plan){0};
    model_route_choose(&r, wanted, &c->fallbacks, &p->breaker, now);
    if (r.wait_ms)
        return refuse_unavailable(p, &r, why);
    if (!fit(p, r.models[0], request, &first))
        return refuse_length(why);
    plan->is_probe = breaker_start(&p->breaker, r.models[0], now);
    note_request(plan, &r, c, request, first);
    write_request(c, &r, request, first, out);
    return true;
}

/* ---- after ---- */

static struct str first_of(const struct answer_plan *plan)
{
    return plan->route.models[0];
}

/* The error about a model that is gone names one that is available. */
static void suggest_model(struct answer_planner *p, const struct answer_plan *plan,
                          struct upstream_failure *f)
{
    struct str gone = first_of(plan), other = str_of(f->other_model);
    struct buf text = {0};

    if (!other.len || str_eq(other, gone))
        other = catalogue_free_model(&p->models->catalogue, gone);
    if (!other.len && !str_is(gone, p->config->default_model))
        other = str_of(p->config->default_model);
    if (!other.len)
        return;
    buf_str(&text, STR("One that is: "));
    buf_str(&text, other);
    buf_print(&text, ". %s", f->detail);
    error_text_clean(f->detail, buf_view(&text));
    buf_fini(&text);
}

void answer_plan_failed(struct answer_planner *p, const struct answer_plan *plan,
                        struct upstream_failure *f, uint64_t now)
{
    if (f->is_gone)
        suggest_model(p, plan, f);
    if (f->retryable && !f->is_unrelated_to_model)
        breaker_failed(&p->breaker, first_of(plan), f->err, now);
    else
        answer_plan_abandon(p, plan);
}

void answer_plan_first_token(struct answer_planner *p, struct answer_plan *plan,
                             struct str answered)
{
    if (plan->is_probe && model_route_is_first(&plan->route, answered))
        breaker_succeeded(&p->breaker, first_of(plan));
    else
        answer_plan_abandon(p, plan);
    plan->is_probe = false;
}

void answer_plan_abandon(struct answer_planner *p, const struct answer_plan *plan)
{
    if (plan->is_probe)
        breaker_abandoned(&p->breaker, first_of(plan));
}

/* The price of the model that answered.  Its dated name is not listed; the requested one is. */
static struct price price_of(struct answer_planner *p, const struct answer_plan *plan,
                             struct str answered)
{
    const struct catalogue *c = &p->models->catalogue;
    struct price            price = catalogue_price(c, answered);

    if (!price.known && model_route_is_first(&plan->route, answered))
        price = catalogue_price(c, first_of(plan));
    return price;
}

bool answer_plan_is_free(struct answer_planner *p, const struct answer_plan *plan,
                         struct str answered)
{
    struct price price = price_of(p, plan, answered);
    return price_is_free(&price);
}

struct answer_cost answer_plan_cost(struct answer_planner *p, const struct answer_plan *plan,
                                    const struct answer_state *s)
{
    struct price price = price_of(p, plan, str_of(s->model));
    return answer_cost_check(&s->usage, &price, p->config->cost_margin);
}

void answer_plan_succeeded(struct answer_planner *p, const struct answer_plan *plan,
                           const struct answer_state *s)
{
    if (model_route_is_first(&plan->route, str_of(s->model))) {
        breaker_succeeded(&p->breaker, first_of(plan));
        token_estimate_learn(&p->tokens, first_of(plan), plan->bytes, plan->messages,
                             s->usage.prompt_tokens);
    } else {
        answer_plan_abandon(p, plan);
    }
}
