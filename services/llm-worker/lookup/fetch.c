/* A transfer that collects its body. */
#include "fetch.h"
#include "base/clock.h"

/* on_done may free the fetch. */
static void finish(struct fetch *f, const struct upstream_failure *why)
{
    timer_stop(&f->deadline);
    transfer_drop(&f->transfer);
    f->on_done(f->ctx, why);
}

static void on_deadline(void *ctx)
{
    struct upstream_failure why = upstream_failure_of(ERR_UPSTREAM_TIMEOUT, true, "");
    finish(ctx, &why);
}

static void on_head(void *ctx, const struct upstream_head *head)
{
    struct fetch *f = ctx;
    f->head = *head;
}

static void on_bytes(void *ctx, struct str bytes)
{
    struct fetch *f = ctx;

    if (f->body.len + bytes.len <= f->max_bytes) {
        buf_str(&f->body, bytes);
        return;
    }
    struct upstream_failure why =
        upstream_failure_of(ERR_UPSTREAM_ERROR, false, "OpenRouter sent too much.");
    finish(f, &why);
}

static void on_end(void *ctx, enum upstream_end end)
{
    struct fetch           *f = ctx;
    struct upstream_failure why;

    if (end == UPSTREAM_WHOLE && f->head.status == 200) {
        finish(f, NULL);
        return;
    }
    if (end == UPSTREAM_WHOLE && f->head.status)
        why = upstream_failure_of_reply(&f->head, buf_view(&f->body), clock_wall_ms());
    else
        why = upstream_failure_of_end(end);
    finish(f, &why);
}

void fetch_start(struct fetch *f, struct loop *l, struct transfers *ts,
                 const struct fetch_options *o, fetch_done *on_done, void *ctx)
{
    static const struct transfer_handlers handlers = {
        .on_head = on_head,
        .on_bytes = on_bytes,
        .on_end = on_end,
    };
    const struct upstream_request get = {.path = o->path, .key = o->key};

    fetch_stop(f);
    *f = (struct fetch){.max_bytes = o->max_bytes, .on_done = on_done, .ctx = ctx};
    f->transfer = transfer_start(ts, &get, &handlers, f);
    timer_start(&f->deadline, l, o->timeout_ms, on_deadline, f);
}

void fetch_stop(struct fetch *f)
{
    timer_stop(&f->deadline);
    transfer_drop(&f->transfer);
    buf_fini(&f->body);
}

bool fetch_is_running(const struct fetch *f)
{
    return f->transfer != NULL;
}

struct upstream_failure fetch_unreadable(const struct fetch *f)
{
    return upstream_failure_of_reply(&f->head, buf_view(&f->body), clock_wall_ms());
}
