/* One GET /models at a time, for all who need it. */
#include "model_list.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

#define BODY_MAX_BYTES (8 * 1024 * 1024) /* the list of all models had about 2 MiB in 2026 */
#define RETRY_MS       30000             /* after a load that failed, if that is sooner */

static void load(void *ctx);

/* ---- the end of a load ---- */

/* The jitter spreads the loads of workers that were started together. */
static void schedule(struct model_list *m, uint64_t ms)
{
    if (m->refresh_ms)
        timer_start(&m->refresh, m->loop, ms - ms / 10 + random_below(ms / 5 + 1), load, m);
}

static void on_reply(void *ctx)
{
    struct model_list_waiter *w = ctx;
    w->on_models(w->ctx, w->has_failed ? &w->why : NULL);
}

/* Deferred, because the waiter may be in the middle of model_list_wait. */
static void reply(struct model_list *m, struct model_list_waiter *w,
                  const struct upstream_failure *why)
{
    w->has_failed = why != NULL;
    if (why)
        w->why = *why;
    deferred_call_start(&w->reply, m->loop, on_reply, w);
}

static void reply_all(struct model_list *m, const struct upstream_failure *why)
{
    while (m->waiters) {
        struct model_list_waiter *w = m->waiters;
        model_list_cancel(w);
        reply(m, w, why);
    }
}

static void load_succeeded(struct model_list *m)
{
    log_info(0, "models.loaded", "count=%zu", m->catalogue.list.models_count);
    schedule(m, m->refresh_ms);
    reply_all(m, NULL);
}

static void load_failed(struct model_list *m, const struct upstream_failure *why)
{
    log_warn(0, "models.load_failed", "why=%s http=%u known=%zu", err_code(why->err),
             m->fetch.head.status, m->catalogue.known ? m->catalogue.list.models_count : 0);
    schedule(m, m->refresh_ms < RETRY_MS ? m->refresh_ms : RETRY_MS);
    reply_all(m, m->catalogue.known ? NULL : why);
}

static void on_fetched(void *ctx, const struct upstream_failure *why)
{
    struct model_list      *m = ctx;
    struct upstream_failure unreadable;

    if (!why && !catalogue_load(&m->catalogue, buf_view(&m->fetch.body), clock_wall_ms())) {
        unreadable = fetch_unreadable(&m->fetch);
        why = &unreadable;
    }
    fetch_stop(&m->fetch); /* frees the body, which is large */
    if (why)
        load_failed(m, why);
    else
        load_succeeded(m);
}

/* ---- a load ---- */

/* The list is public: no key is sent. */
static void load(void *ctx)
{
    struct model_list         *m = ctx;
    const struct fetch_options options = {
        .path = "/models",
        .max_bytes = BODY_MAX_BYTES,
        .timeout_ms = m->timeout_ms,
    };

    if (fetch_is_running(&m->fetch))
        return;
    timer_stop(&m->refresh);
    fetch_start(&m->fetch, m->loop, m->transfers, &options, on_fetched, m);
}

const struct catalogue *model_list_current(struct model_list *m)
{
    if (m->refresh_ms && !m->catalogue.known && !timer_is_on(&m->refresh))
        load(m);
    return &m->catalogue;
}

/* ---- waiters ---- */

void model_list_wait(struct model_list *m, struct model_list_waiter *w)
{
    if (m->catalogue.known && m->refresh_ms) {
        reply(m, w, NULL);
        return;
    }
    w->next = m->waiters;
    w->link = &m->waiters;
    if (w->next)
        w->next->link = &w->next;
    m->waiters = w;
    load(m);
}

void model_list_cancel(struct model_list_waiter *w)
{
    deferred_call_stop(&w->reply);
    if (!w->link)
        return;
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    w->link = NULL;
}

/* ---- life ---- */

void model_list_init(struct model_list *m, struct loop *l, struct transfers *ts,
                     uint64_t refresh_ms, uint64_t timeout_ms)
{
    *m = (struct model_list){
        .loop = l,
        .transfers = ts,
        .refresh_ms = refresh_ms,
        .timeout_ms = timeout_ms,
    };
}

void model_list_fini(struct model_list *m)
{
    must(!m->waiters);
    fetch_stop(&m->fetch);
    timer_stop(&m->refresh);
    catalogue_fini(&m->catalogue);
}
