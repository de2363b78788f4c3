/* A chunk of one conversation, a pause, the next chunk; a longer pause when none is left. */
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"
#include "base/uuid.h"
#include "pg/pg_send.h"
#include "purge.h"

#define IDLE_MS  1000
#define PAUSE_MS 20 /* others want the row of the user, which a chunk locks */

struct purge {
    struct loop      *loop; /* borrowed */
    struct pg_client *pg;   /* borrowed */
    struct timer      timer;
};

static void find_next(void *ctx);

static void continue_in(struct purge *p, uint64_t ms)
{
    timer_start(&p->timer, p->loop, ms / 2 + random_below(ms), find_next, p);
}

static void on_purged(void *ctx, enum err err, struct result_set *sets, unsigned count)
{
    (void)count;
    if (!err && !sql_conversation_purge_row(&sets[1], 0).more)
        log_trace(0, "purge.done", "conversations=1");
    continue_in(ctx, err ? IDLE_MS : PAUSE_MS);
}

static enum err purge_chunk(struct purge *p, const struct uuid *conversation)
{
    struct args                         args[2];
    const struct sql_conversation_lock  lock = {.conversation = param_uuid(conversation)};
    const struct sql_conversation_purge chunk = {.conversation = param_uuid(conversation)};
    const struct sql_call               calls[] = {sql_conversation_lock(&args[0], &lock),
                                                   sql_conversation_purge(&args[1], &chunk)};

    return pg_send(p->pg, calls, COUNT_OF(calls), on_purged, p);
}

static void on_found(void *ctx, enum err err, struct result_set *sets, unsigned count)
{
    struct purge *p = ctx;

    (void)count;
    struct uuid conversation = sql_purge_next_row(&sets[0], 0).conversation;
    if (err || !conversation.text[0] || purge_chunk(p, &conversation))
        continue_in(p, IDLE_MS);
}

static void find_next(void *ctx)
{
    struct purge         *p = ctx;
    struct args           args;
    const struct sql_call call = sql_purge_next(&args);

    if (pg_send(p->pg, &call, 1, on_found, p))
        continue_in(p, IDLE_MS);
}

struct purge *purge_new(struct loop *l, struct pg_client *pg)
{
    struct purge *p = mem_new(sizeof *p);

    p->loop = l;
    p->pg = pg;
    continue_in(p, IDLE_MS);
    return p;
}

void purge_free(struct purge **purge)
{
    if (!*purge)
        return;
    timer_stop(&(*purge)->timer);
    free(*purge);
    *purge = NULL;
}
