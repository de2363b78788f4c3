/* Closed: opened_at is 0.  Open: it rests.  Half open: the rest is over. */
#include "breaker.h"
#include "base/metrics.h"

#define TRY_MS 1000 /* to those who come while one tries: ask again after so long */

struct entry {
    struct recent_name name; /* first */
    uint64_t           failures, first_at;
    uint64_t           opened_at; /* one more than the time, so that it is never 0 */
    bool               is_tried;
    enum err           why;
};

void breaker_init(struct breaker *b, const struct breaker_limits *limits)
{
    b->limits = *limits;
    recent_init(&b->models, sizeof(struct entry));
}

void breaker_fini(struct breaker *b)
{
    recent_fini(&b->models);
}

static uint64_t rest_left(const struct breaker *b, const struct entry *e, uint64_t now)
{
    uint64_t end = e->opened_at - 1 + b->limits.rest_ms;
    return end > now ? end - now : 0;
}

uint64_t breaker_wait(struct breaker *b, struct str model, uint64_t now)
{
    const struct entry *e = recent_find(&b->models, model);

    if (!e || !e->opened_at)
        return 0;
    uint64_t left = rest_left(b, e, now);
    return left || !e->is_tried ? left : TRY_MS;
}

enum err breaker_why(struct breaker *b, struct str model)
{
    const struct entry *e = recent_find(&b->models, model);
    return e ? e->why : ERR_OK;
}

bool breaker_ask(struct breaker *b, struct str model, uint64_t now)
{
    struct entry *e = recent_find(&b->models, model);
    bool          tries = e && e->opened_at && !e->is_tried && rest_left(b, e, now) == 0;

    if (tries)
        e->is_tried = true;
    return tries;
}

void breaker_works(struct breaker *b, struct str model)
{
    struct entry *e = recent_find(&b->models, model);

    if (e)
        recent_forget(e, sizeof *e);
}

void breaker_fails(struct breaker *b, struct str model, enum err err, uint64_t now)
{
    if (!b->limits.failures)
        return;
    struct entry *e = recent_need(&b->models, model);
    e->why = err;
    if (!e->failures || now - e->first_at > b->limits.window_ms) {
        e->failures = 0;
        e->first_at = now;
    }
    e->failures++;
    if (e->is_tried || e->failures >= b->limits.failures) {
        e->is_tried = false;
        e->opened_at = now + 1;
        metric_add_for(METRIC_BREAKER_OPENED, e->name.model, NULL, 1);
    }
}

void breaker_gives_up(struct breaker *b, struct str model)
{
    struct entry *e = recent_find(&b->models, model);

    if (e)
        e->is_tried = false;
}

void breaker_count(const struct breaker *b, uint64_t now)
{
    const struct entry *entries = (const void *)b->models.entries;
    unsigned            open = 0, half_open = 0;

    metric_clear(METRIC_BREAKER_STATE);
    for (unsigned i = 0; entries && i < RECENT_MAX; i++) {
        if (!entries[i].opened_at)
            continue;
        bool rests = rest_left(b, &entries[i], now) > 0;
        open += rests;
        half_open += !rests;
        metric_add_for(METRIC_BREAKER_STATE, entries[i].name.model, rests ? "open" : "half_open",
                       1);
    }
    metric_set_for(METRIC_BREAKERS, "open", NULL, open);
    metric_set_for(METRIC_BREAKERS, "half_open", NULL, half_open);
}
