/* Closed: opened_at is 0.  Open: in the cooldown.  Half open: after it. */
#include "answer/breaker.h"
#include "base/metrics.h"

#define PROBE_MS 1000 /* how long requests wait that arrive while a probe runs */

struct entry {
    struct model_table_key key; /* first */
    uint64_t               failures, first_at;
    uint64_t               opened_at; /* one more than the time, so that it is never 0 */
    bool                   has_probe;
    enum err               last_error;
};

void breaker_init(struct breaker *b, const struct breaker_limits *limits)
{
    b->limits = *limits;
    model_table_init(&b->models, sizeof(struct entry));
}

void breaker_fini(struct breaker *b)
{
    model_table_fini(&b->models);
}

static uint64_t cooldown_left(const struct breaker *b, const struct entry *e, uint64_t now)
{
    uint64_t end = e->opened_at - 1 + b->limits.cooldown_ms;
    return end > now ? end - now : 0;
}

uint64_t breaker_wait(struct breaker *b, struct str model, uint64_t now)
{
    const struct entry *e = model_table_find(&b->models, model);

    if (!e || !e->opened_at)
        return 0;
    uint64_t left = cooldown_left(b, e, now);
    return left || !e->has_probe ? left : PROBE_MS;
}

enum err breaker_last_error(struct breaker *b, struct str model)
{
    const struct entry *e = model_table_find(&b->models, model);
    return e ? e->last_error : ERR_OK;
}

bool breaker_start(struct breaker *b, struct str model, uint64_t now)
{
    struct entry *e = model_table_find(&b->models, model);
    bool          is_probe = e && e->opened_at && !e->has_probe && cooldown_left(b, e, now) == 0;

    if (is_probe)
        e->has_probe = true;
    return is_probe;
}

void breaker_succeeded(struct breaker *b, struct str model)
{
    struct entry *e = model_table_find(&b->models, model);

    if (e)
        model_table_clear(e, sizeof *e);
}

void breaker_failed(struct breaker *b, struct str model, enum err err, uint64_t now)
{
    if (!b->limits.failures)
        return;
    struct entry *e = model_table_need(&b->models, model);
    e->last_error = err;
    if (!e->failures || now - e->first_at > b->limits.window_ms) {
        e->failures = 0;
        e->first_at = now;
    }
    e->failures++;
    if (e->has_probe || e->failures >= b->limits.failures) {
        e->has_probe = false;
        e->opened_at = now + 1;
        metric_add_for(METRIC_BREAKER_OPENED, e->key.model, NULL, 1);
    }
}

void breaker_abandoned(struct breaker *b, struct str model)
{
    struct entry *e = model_table_find(&b->models, model);

    if (e)
        e->has_probe = false;
}

void breaker_update_metrics(const struct breaker *b, uint64_t now)
{
    const struct entry *entries = (const void *)b->models.entries;
    unsigned            open = 0, half_open = 0;

    metric_clear(METRIC_BREAKER_STATE);
    for (unsigned i = 0; entries && i < MODEL_TABLE_MAX; i++) {
        if (!entries[i].opened_at)
            continue;
        bool is_open = cooldown_left(b, &entries[i], now) > 0;
        open += is_open;
        half_open += !is_open;
        metric_add_for(METRIC_BREAKER_STATE, entries[i].key.model, is_open ? "open" : "half_open",
                       1);
    }
    metric_set_for(METRIC_BREAKERS, "open", NULL, open);
    metric_set_for(METRIC_BREAKERS, "half_open", NULL, half_open);
}
