/* One GET /models at a time, for all. */
#include "models.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

#define BODY_MAX_BYTES (8 * 1024 * 1024) /* the list of all models had about 2 MiB in 2026 */
#define AGAIN_MS       30000             /* after a load that failed, if that is sooner */

static void load(void *ctx);

/* ---- its end ---- */

/* Workers that were started together must not ask together for ever. */
static void plan_next(struct models *m, uint64_t ms)
{
    if (m->options.refresh_ms)
        timer_start(&m->next, m->loop, ms - ms / 10 + random_below(ms / 5 + 1), load, m);
}

static void tell_waiters(struct models *m, const struct failure *why)
{
    while (m->waiters) {
        struct models_waiter *w = m->waiters;
        models_forget(w);
        w->on_models(w->ctx, why);
    }
}

static void end(struct models *m)
{
    timer_stop(&m->limit);
    transfer_drop(&m->transfer);
    buf_fini(&m->body);
}

static void loaded(struct models *m)
{
    log_info(0, "models.loaded", "count=%zu", m->catalogue.list.models_count);
    end(m);
    plan_next(m, m->options.refresh_ms);
    tell_waiters(m, NULL);
}

static void fail(struct models *m, const struct failure *why)
{
    uint64_t refresh = m->options.refresh_ms;

    log_warn(0, "models.not_loaded", "why=%s http=%u known=%zu", err_code(why->err), m->head.status,
             m->catalogue.known ? m->catalogue.list.models_count : 0);
    end(m);
    plan_next(m, refresh < AGAIN_MS ? refresh : AGAIN_MS);
    tell_waiters(m, m->catalogue.known ? NULL : why);
}

/* ---- a load ---- */

static void on_limit(void *ctx)
{
    struct failure f = failure_of(ERR_UPSTREAM_TIMEOUT, true, "");
    fail(ctx, &f);
}

static void on_head(void *ctx, const struct reply_head *head)
{
    struct models *m = ctx;
    m->head = *head;
}

static void on_bytes(void *ctx, struct str bytes)
{
    struct models *m = ctx;

    if (m->body.len + bytes.len <= BODY_MAX_BYTES) {
        buf_str(&m->body, bytes);
        return;
    }
    struct failure f = failure_of(ERR_UPSTREAM_ERROR, false, "OpenRouter sent too much.");
    fail(m, &f);
}

static void on_end(void *ctx, enum reply_end reply_end)
{
    struct models *m = ctx;
    struct str     body = buf_view(&m->body);

    if (reply_end == REPLY_WHOLE && m->head.status == 200 &&
        catalogue_take(&m->catalogue, body, clock_wall_ms())) {
        loaded(m);
        return;
    }
    struct failure f = m->head.status && reply_end == REPLY_WHOLE
                           ? failure_of_reply(&m->head, body, clock_wall_ms())
                           : failure_of_end(reply_end);
    fail(m, &f);
}

static const struct transfer_handlers handlers = {on_head, on_bytes, on_end};

/* The list is public; it is asked without a key. */
static void load(void *ctx)
{
    struct models                *m = ctx;
    const struct upstream_request get = {.path = "/models"};

    if (m->transfer)
        return;
    timer_stop(&m->next);
    m->head = (struct reply_head){0};
    m->transfer = transfer_start(m->transfers, &get, &handlers, m);
    timer_start(&m->limit, m->loop, m->options.limit_ms, on_limit, m);
}

/* ---- those who want it ---- */

const struct catalogue *models_know(struct models *m)
{
    if (m->options.refresh_ms && !m->catalogue.known && !timer_is_on(&m->next))
        load(m);
    return &m->catalogue;
}

void models_ask(struct models *m, struct models_waiter *w)
{
    if (m->catalogue.known && m->options.refresh_ms) {
        w->on_models(w->ctx, NULL);
        return;
    }
    w->next = m->waiters;
    w->link = &m->waiters;
    if (w->next)
        w->next->link = &w->next;
    m->waiters = w;
    load(m);
}

void models_forget(struct models_waiter *w)
{
    if (!w->link)
        return;
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    w->link = NULL;
}

/* ---- life ---- */

void models_init(struct models *m, struct loop *l, struct transfers *ts,
                 const struct models_options *o)
{
    *m = (struct models){.loop = l, .transfers = ts, .options = *o};
}

void models_fini(struct models *m)
{
    must(!m->waiters);
    end(m);
    timer_stop(&m->next);
    catalogue_fini(&m->catalogue);
}
