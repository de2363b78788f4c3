/* A bite of one chat, a breath, the next bite; a rest when none is left. */
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"
#include "base/uuid.h"
#include "wipe.h"

#define REST_MS   1000
#define BREATH_MS 20 /* others want the row of the person, which a bite holds */

struct wipe {
    struct loop *loop; /* borrowed */
    struct pg   *pg;   /* borrowed */
    struct timer timer;
};

static void look(void *ctx);

static void go_on_in(struct wipe *w, uint64_t ms)
{
    timer_start(&w->timer, w->loop, ms / 2 + random_below(ms), look, w);
}

static void on_bitten(void *ctx, enum err err, struct grid *grids, unsigned count)
{
    (void)count;
    if (!err && !grid_u64(&grids[1], 0, 0))
        log_trace(0, "store.wiped", "chats=1");
    go_on_in(ctx, err ? REST_MS : BREATH_MS);
}

static enum err bite(struct wipe *w, const struct uuid *chat)
{
    struct args    a = {0};
    struct pg_item items[] = {{STATEMENT_CHAT_LOCK, &a}, {STATEMENT_CHAT_WIPE, &a}};

    args_id(&a, chat);
    return pg_ask(w->pg, items, COUNT_OF(items), on_bitten, w);
}

static void on_found(void *ctx, enum err err, struct grid *grids, unsigned count)
{
    struct wipe *w = ctx;

    (void)count;
    struct uuid chat = err ? (struct uuid){{0}} : grid_id(&grids[0], 0, 0);
    if (!chat.text[0] || bite(w, &chat))
        go_on_in(w, REST_MS);
}

static void look(void *ctx)
{
    struct wipe   *w = ctx;
    struct args    none = {0};
    struct pg_item item = {STATEMENT_CHAT_UNWIPED, &none};

    if (pg_ask(w->pg, &item, 1, on_found, w))
        go_on_in(w, REST_MS);
}

struct wipe *wipe_new(struct loop *l, struct pg *pg)
{
    struct wipe *w = mem_new(sizeof *w);

    w->loop = l;
    w->pg = pg;
    go_on_in(w, REST_MS);
    return w;
}

void wipe_free(struct wipe **wipe)
{
    if (!*wipe)
        return;
    timer_stop(&(*wipe)->timer);
    free(*wipe);
    *wipe = NULL;
}
