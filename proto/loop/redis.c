/* hiredis's async context, driven by one watch and one timer. */
#include <stdlib.h>

#include <hiredis/async.h>

#include "base/mem.h"
#include "base/str.h"
#include "loop/redis.h"

struct redis_link {
    struct loop                 *loop; /* borrowed */
    const struct redis_link_ops *ops;
    void                        *ctx;
    redisAsyncContext           *context; /* NULL: down; hiredis frees it */
    struct watch                 watch;
    uint32_t                     events;
    struct timer                 deadline; /* for the connect, then for the next reply */
    uint64_t                     reply_ms;
    unsigned                     awaited;
    bool                         up, closing;
    struct deferred_call         rise, cut, deferred_free;
    char                         why[160];
};

struct command {
    struct redis_link *link;
    void (*fn)(void *ctx, const redisReply *reply);
    void *ctx;
};

/* ---- up and down ----
 *
 * hiredis may be up the stack whenever it calls, and must not be freed then,
 * so all of this is put off until it has returned. */

static void on_risen(void *ctx)
{
    struct redis_link *link = ctx;

    link->up = true;
    link->ops->on_up(link->ctx);
}

static void on_cut(void *ctx)
{
    struct redis_link *link = ctx;
    redisAsyncFree(link->context);
}

static void on_deferred_free(void *ctx)
{
    struct redis_link *link = ctx;
    link->ops->on_down(link->ctx, link->why);
}

static void go_down(struct redis_link *link, const char *why)
{
    if (!link->why[0])
        str_format(link->why, sizeof link->why, "%s", why && *why ? why : "closed");
    link->context = NULL;
    link->up = false;
    watch_stop(&link->watch);
    timer_stop(&link->deadline);
    deferred_call_stop(&link->rise);
    deferred_call_stop(&link->cut);
    if (!link->closing)
        deferred_call_start(&link->deferred_free, link->loop, on_deferred_free, link);
}

void redis_link_drop(struct redis_link *link, const char *why)
{
    if (!link->context)
        return;
    str_format(link->why, sizeof link->why, "%s", why);
    link->up = false;
    deferred_call_stop(&link->rise);
    deferred_call_start(&link->cut, link->loop, on_cut, link);
}

static void on_silence(void *ctx)
{
    struct redis_link *link = ctx;
    redis_link_drop(link, link->up ? "no reply in time" : "no connection in time");
}

static void listen_on(struct redis_link *link)
{
    if (link->awaited && link->reply_ms)
        timer_start(&link->deadline, link->loop, link->reply_ms, on_silence, link);
    else
        timer_stop(&link->deadline);
}

/* ---- what hiredis asks of an event loop ---- */

static void on_events(void *ctx, uint32_t events)
{
    struct redis_link *link = ctx;

    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        redisAsyncHandleRead(link->context);
    if (link->context && (events & EPOLLOUT))
        redisAsyncHandleWrite(link->context);
}

static void want(struct redis_link *link, uint32_t events)
{
    if (events == link->events || !link->watch.loop)
        return;
    link->events = events;
    watch_change(&link->watch, events);
}

static void add_read(void *ctx)
{
    struct redis_link *link = ctx;
    want(link, link->events | EPOLLIN);
}

static void del_read(void *ctx)
{
    struct redis_link *link = ctx;
    want(link, link->events & ~(uint32_t)EPOLLIN);
}

static void add_write(void *ctx)
{
    struct redis_link *link = ctx;
    want(link, link->events | EPOLLOUT);
}

static void del_write(void *ctx)
{
    struct redis_link *link = ctx;
    want(link, link->events & ~(uint32_t)EPOLLOUT);
}

/* The one hook that every end of a context passes, connected or not. */
static void on_cleanup(void *ctx)
{
    struct redis_link *link = ctx;
    go_down(link, link->context->errstr);
}

static void on_connect(const redisAsyncContext *context, int status)
{
    struct redis_link *link = context->data;

    if (status != REDIS_OK || link->why[0])
        return; /* on_cleanup follows */
    timer_stop(&link->deadline);
    deferred_call_start(&link->rise, link->loop, on_risen, link);
}

static void on_reply(redisAsyncContext *context, void *reply, void *ctx)
{
    struct command     c = *(struct command *)ctx;
    struct redis_link *link = c.link;

    (void)context;
    free(ctx);
    link->awaited--;
    if (!reply)
        link->up = false;
    else
        listen_on(link);
    c.fn(c.ctx, reply);
}

/* ---- the interface ---- */

static void attach(struct redis_link *link, uint64_t connect_ms)
{
    redisAsyncContext *context = link->context;

    context->data = context->ev.data = link;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = on_cleanup;
    link->events = EPOLLOUT;
    watch_start(&link->watch, link->loop, context->c.fd, link->events, on_events, link);
    redisAsyncSetConnectCallback(context, on_connect);
    timer_start(&link->deadline, link->loop, connect_ms, on_silence, link);
}

struct redis_link *redis_link_new(struct loop *l, const struct redis_link_options *o,
                                  const struct redis_link_ops *ops, void *ctx)
{
    struct redis_link *link = mem_new(sizeof *link);

    link->loop = l;
    link->ops = ops;
    link->ctx = ctx;
    link->reply_ms = o->reply_ms;
    redisAsyncContext *context =
        o->path ? redisAsyncConnectUnix(o->path) : redisAsyncConnect(o->address, o->port);
    must(context != NULL);
    if (context->err) {
        go_down(link, context->errstr);
        redisAsyncFree(context);
        return link;
    }
    link->context = context;
    attach(link, o->connect_ms);
    return link;
}

void redis_link_free(struct redis_link **linkp)
{
    struct redis_link *link = *linkp;

    if (!link)
        return;
    link->closing = true;
    if (link->context)
        redisAsyncFree(link->context);
    must(link->context == NULL);
    deferred_call_stop(&link->deferred_free);
    free(link);
    *linkp = NULL;
}

bool redis_link_send(struct redis_link *link, unsigned count, const char **words,
                     const size_t *lengths, void (*fn)(void *ctx, const redisReply *reply),
                     void         *ctx)
{
    if (!link->up)
        return false;
    struct command *c = mem_new(sizeof *c);
    *c = (struct command){link, fn, ctx};
    if (redisAsyncCommandArgv(link->context, on_reply, c, (int)count, words, lengths) != REDIS_OK) {
        free(c);
        return false;
    }
    if (link->awaited++ == 0)
        listen_on(link);
    return true;
}
