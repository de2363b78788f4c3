/* libpq's non-blocking calls, driven by one watch and one timer. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "loop/pg.h"

struct bundle {
    struct bundle *next;
    pg_link_fn     fn;
    void          *ctx;
    bool           piped;
    unsigned       count, got;
    PGresult      *results[]; /* owned */
};

struct pg_link {
    struct loop              *loop; /* borrowed */
    const struct pg_link_ops *ops;
    void                     *ctx;
    PGconn                   *conn; /* NULL: down */
    struct watch              watch;
    struct timer              deadline; /* for the connect, then for the next result */
    uint64_t                  reply_ms;
    struct bundle            *first, **end; /* awaited, in the order sent; owned */
    unsigned                  awaited;
    bool                      up;
    struct deferred_call      deferred_free;
    char                      why[200];
};

static void bundle_free(struct bundle **b)
{
    for (unsigned i = 0; i < (*b)->got; i++)
        PQclear((*b)->results[i]);
    free(*b);
    *b = NULL;
}

static struct bundle *take_first(struct pg_link *link)
{
    struct bundle *b = link->first;

    link->first = b->next;
    if (!link->first)
        link->end = &link->first;
    link->awaited--;
    return b;
}

/* ---- going down ---- */

static void answer_all(struct pg_link *link)
{
    while (link->first) {
        struct bundle *b = take_first(link);
        b->fn(b->ctx, NULL, 0);
        bundle_free(&b);
    }
}

static void on_deferred_free(void *ctx)
{
    struct pg_link *link = ctx;

    answer_all(link);
    link->ops->on_down(link->ctx, link->why);
}

void pg_link_drop(struct pg_link *link, const char *why)
{
    if (link->why[0])
        return;
    struct str line = str_of(why);
    for (size_t i = 0; i < line.len; i++) /* libpq's messages may have several lines */
        if (line.p[i] == '\n')
            line.len = i;
    str_copy(link->why, sizeof link->why, line);
    if (!link->why[0])
        str_format(link->why, sizeof link->why, "closed");
    link->up = false;
    timer_stop(&link->deadline);
    watch_stop(&link->watch);
    deferred_call_start(&link->deferred_free, link->loop, on_deferred_free, link);
}

static void on_silence(void *ctx)
{
    struct pg_link *link = ctx;
    pg_link_drop(link, link->up ? "no result in time" : "no connection in time");
}

static void listen_on(struct pg_link *link)
{
    if (link->awaited && link->reply_ms)
        timer_start(&link->deadline, link->loop, link->reply_ms, on_silence, link);
    else
        timer_stop(&link->deadline);
}

/* ---- talking ---- */

static void flush(struct pg_link *link)
{
    int left = PQflush(link->conn);

    if (left < 0)
        pg_link_drop(link, PQerrorMessage(link->conn));
    else
        watch_change(&link->watch, left ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Takes one result of the group that is being answered; true when it has all. */
static bool take_result(struct pg_link *link, struct bundle *b)
{
    PGresult *r = PQgetResult(link->conn);

    if (!r)
        return !b->piped; /* between two statements of a pipeline, or the end of a text */
    if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
        PQclear(r);
        if (b->got == b->count)
            return true;
        pg_link_drop(link, "an answer without its results");
        return false;
    }
    if (b->got < b->count) {
        b->results[b->got++] = r;
    } else if (b->piped) {
        PQclear(r);
        pg_link_drop(link, "more results than statements"); /* its commit failed */
    } else if (PQresultStatus(b->results[0]) == PGRES_FATAL_ERROR) {
        PQclear(r);
    } else { /* of a text: the last result, or the first that failed */
        PQclear(b->results[0]);
        b->results[0] = r;
    }
    return false;
}

static void answer(struct pg_link *link)
{
    struct bundle *b = take_first(link);

    if (!b->piped)
        must(PQenterPipelineMode(link->conn) == 1);
    listen_on(link);
    b->fn(b->ctx, b->results, b->got);
    bundle_free(&b);
}

static void read_results(struct pg_link *link)
{
    if (!PQconsumeInput(link->conn)) {
        pg_link_drop(link, PQerrorMessage(link->conn));
        return;
    }
    while (link->up && link->first && PQstatus(link->conn) == CONNECTION_OK &&
           !PQisBusy(link->conn))
        if (take_result(link, link->first))
            answer(link);
    if (link->up && PQstatus(link->conn) != CONNECTION_OK)
        pg_link_drop(link, PQerrorMessage(link->conn));
}

static void on_events(void *ctx, uint32_t events)
{
    struct pg_link *link = ctx;

    read_results(link);
    if (link->up && (events & EPOLLOUT))
        flush(link);
}

/* ---- connecting ---- */

static void on_connecting(void *ctx, uint32_t events);

static void rise(struct pg_link *link)
{
    must(PQsetnonblocking(link->conn, 1) == 0 && PQenterPipelineMode(link->conn) == 1);
    timer_stop(&link->deadline);
    watch_start(&link->watch, link->loop, PQsocket(link->conn), EPOLLIN, on_events, link);
    link->up = true;
    link->ops->on_up(link->ctx);
}

static void watch_connecting(struct pg_link *link, uint32_t events)
{
    watch_start(&link->watch, link->loop, PQsocket(link->conn), events, on_connecting, link);
}

/* libpq may use another socket after each poll, so the watch is started again. */
static void on_connecting(void *ctx, uint32_t events)
{
    struct pg_link *link = ctx;

    (void)events;
    watch_stop(&link->watch);
    PostgresPollingStatusType status = PQconnectPoll(link->conn);
    if (status == PGRES_POLLING_READING)
        watch_connecting(link, EPOLLIN);
    else if (status == PGRES_POLLING_WRITING)
        watch_connecting(link, EPOLLOUT);
    else if (status == PGRES_POLLING_OK)
        rise(link);
    else
        pg_link_drop(link, PQerrorMessage(link->conn));
}

/* What servers say unasked ("relation exists, skipping") is of no use to anybody. */
static void drop_notice(void *ctx, const PGresult *notice)
{
    (void)ctx, (void)notice;
}

struct pg_link *pg_link_new(struct loop *l, const struct pg_link_options *o,
                            const struct pg_link_ops *ops, void *ctx)
{
    struct pg_link *link = mem_new(sizeof *link);

    link->loop = l;
    link->ops = ops;
    link->ctx = ctx;
    link->reply_ms = o->reply_ms;
    link->end = &link->first;
    link->conn = PQconnectStartParams(o->keywords, o->values, 0);
    must(link->conn != NULL);
    PQsetNoticeReceiver(link->conn, drop_notice, NULL);
    if (PQstatus(link->conn) == CONNECTION_BAD) {
        pg_link_drop(link, PQerrorMessage(link->conn));
        return link;
    }
    watch_connecting(link, EPOLLOUT);
    timer_start(&link->deadline, l, o->connect_ms, on_silence, link);
    return link;
}

void pg_link_free(struct pg_link **linkp)
{
    struct pg_link *link = *linkp;

    if (!link)
        return;
    link->up = false;
    answer_all(link);
    watch_stop(&link->watch);
    timer_stop(&link->deadline);
    deferred_call_stop(&link->deferred_free);
    PQfinish(link->conn);
    free(link);
    *linkp = NULL;
}

/* ---- sending ---- */

static void await(struct pg_link *link, bool piped, unsigned count, pg_link_fn fn, void *ctx)
{
    struct bundle *b = mem_new(sizeof *b + count * sizeof(PGresult *));

    b->fn = fn;
    b->ctx = ctx;
    b->piped = piped;
    b->count = count;
    *link->end = b;
    link->end = &b->next;
    if (link->awaited++ == 0)
        listen_on(link);
    flush(link);
}

/* A call that libpq refused while the link was up: the link is not what we think. */
static bool refuse(struct pg_link *link)
{
    pg_link_drop(link, PQerrorMessage(link->conn));
    return false;
}

static int send_statement(struct pg_link *link, const struct pg_statement *s)
{
    if (s->name)
        return PQsendQueryPrepared(link->conn, s->name, (int)s->count, s->values, s->lengths,
                                   s->formats, 0);
    return PQsendQueryParams(link->conn, s->text, (int)s->count, NULL, s->values, s->lengths,
                             s->formats, 0);
}

bool pg_link_send(struct pg_link *link, const struct pg_statement *group, unsigned count,
                  pg_link_fn fn, void *ctx)
{
    if (!link->up)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!send_statement(link, &group[i]))
            return refuse(link);
    if (!PQpipelineSync(link->conn))
        return refuse(link);
    await(link, true, count, fn, ctx);
    return true;
}

bool pg_link_prepare(struct pg_link *link, const char *name, const char *text, pg_link_fn fn,
                     void *ctx)
{
    if (!link->up)
        return false;
    if (!PQsendPrepare(link->conn, name, text, 0, NULL) || !PQpipelineSync(link->conn))
        return refuse(link);
    await(link, true, 1, fn, ctx);
    return true;
}

bool pg_link_run(struct pg_link *link, const char *text, pg_link_fn fn, void *ctx)
{
    if (!link->up)
        return false;
    must(link->awaited == 0);
    if (!PQexitPipelineMode(link->conn) || !PQsendQuery(link->conn, text))
        return refuse(link);
    await(link, false, 1, fn, ctx);
    return true;
}

bool pg_link_is_up(const struct pg_link *link)
{
    return link->up;
}

unsigned pg_link_in_flight(const struct pg_link *link)
{
    return link->awaited;
}
