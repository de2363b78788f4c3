/* Joins the bus, the two databases, the flows and the upkeep. */
#include <stdlib.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "flows.h"
#include "loop/admin.h"
#include "pg/batch.h"
#include "pg/pg_send.h"
#include "redis/redis_client.h"
#include "store.h"
#include "turn/commit.h"
#include "upkeep/backlog.h"
#include "upkeep/periodic.h"
#include "upkeep/purge.h"
#include "upkeep/retention.h"
#include "upkeep/search_index.h"
#include "upkeep/spool.h"
#include "upkeep/sweep.h"

#define DRAIN_MS 10000

struct store {
    struct loop         *loop;   /* borrowed */
    const struct config *config; /* borrowed */
    struct resolver     *resolver;
    struct backend      *backend;
    struct admin        *admin_port;
    struct redis_client *redis;
    struct pg_client    *pg;
    struct batch        *batch;
    struct timer         pump;
    struct deferred_call soon;
    struct timer         drain;
    struct backlog      *backlog;
    struct retention    *retention;
    struct purge        *purge;
    struct search_index *search_index;
    struct periodic     *spools, *sweeps;
    struct world         world;
    int                  status;
};

/* Where an answer goes. */
struct place {
    struct job *job;
    unsigned    slot;
};

static struct place *place_new(struct job *job, unsigned slot)
{
    struct place *p = mem_new(sizeof *p);

    *p = (struct place){.job = job, .slot = slot};
    return p;
}

/* ---- the databases ---- */

static void on_redis(void *ctx, enum err err, struct result_set *set)
{
    struct place p = *(struct place *)ctx;

    free(ctx);
    job_answer(p.job, p.slot, err, set);
}

static enum err request_redis(void *ctx, struct lua_call call, struct job *job, unsigned slot)
{
    struct store *s = ctx;

    if (!s->redis) /* at the end it is closed first, and whoever waited for it may try it again */
        return ERR_DOWN;
    struct place *p = job ? place_new(job, slot) : NULL;
    enum err      err = redis_client_send(s->redis, call, job ? on_redis : NULL, p);

    if (err)
        free(p);
    return err;
}

static void on_pg(void *ctx, enum err err, struct result_set *sets, unsigned count)
{
    struct place p = *(struct place *)ctx;

    (void)count;
    free(ctx);
    job_answer(p.job, p.slot, err, err ? NULL : &sets[0]);
}

static enum err request_sql(void *ctx, const struct sql_call *calls, unsigned count,
                            struct job *job, unsigned slot)
{
    struct store *s = ctx;

    if (!s->pg)
        return ERR_DOWN;
    struct place *p = job ? place_new(job, slot) : NULL;
    enum err      err = pg_send(s->pg, calls, count, job ? on_pg : NULL, p);

    if (err)
        free(p);
    return err;
}

/* ---- commits ---- */

/* Called by the loop, so the jobs whose commits are done run from here. */
static void pump(void *ctx)
{
    struct store *s = ctx;
    uint64_t      now = clock_ms();

    batch_deliver(s->batch);
    batch_pump(s->batch, now);
    uint64_t at = batch_wakes_at(s->batch, now);
    if (at == UINT64_MAX)
        timer_stop(&s->pump);
    else
        timer_start(&s->pump, s->loop, at > now ? at - now : 0, pump, s);
}

/* All commits that arrive in one turn of the loop are sent together. */
static void pump_soon(struct store *s)
{
    deferred_call_start(&s->soon, s->loop, pump, s);
}

struct in_flight {
    struct store             *store;
    struct batch_transaction *transaction;
};

static void on_committed(void *ctx, enum err err, struct result_set *sets, unsigned count)
{
    struct in_flight f = *(struct in_flight *)ctx;

    (void)count;
    free(ctx);
    batch_done(f.transaction, err, sets, clock_ms());
    pump_soon(f.store);
}

static enum err send_transaction(void *ctx, const struct sql_call *calls, unsigned count,
                                 struct batch_transaction *transaction)
{
    struct store     *s = ctx;
    struct in_flight *f = mem_new(sizeof *f);

    *f = (struct in_flight){.store = s, .transaction = transaction};
    enum err err = pg_send(s->pg, calls, count, on_committed, f);
    if (err)
        free(f);
    else
        failpoint(FAILPOINT_STORE_COMMIT_SENT);
    return err;
}

static void answer_commit(void *ctx, void *waiter, unsigned slot, enum err err,
                          struct result_set *set)
{
    (void)ctx;
    job_answer(waiter, slot, err, set);
}

static void commit(void *ctx, struct sql_call call, uint64_t deadline_ms, struct job *job,
                   unsigned slot)
{
    struct store             *s = ctx;
    const struct batch_commit c = {.call = call,
                                   .session = job->session,
                                   .conversation = job->conversation,
                                   .deadline_ms = deadline_ms,
                                   .waiter = job,
                                   .slot = slot};

    batch_add(s->batch, &c, clock_ms());
    pump_soon(s);
}

static uint64_t pg_unavailable_ms(void *ctx)
{
    struct store *s = ctx;
    return s->pg ? pg_client_unavailable_ms(s->pg) : UINT64_MAX;
}

static void spooled(void *ctx, unsigned bucket, uint64_t length)
{
    struct store *s = ctx;
    backlog_grew(s->backlog, bucket, length);
}

/* ---- the bus ---- */

static uint64_t wall(void *ctx)
{
    (void)ctx;
    return clock_wall_ms();
}

static void reply(void *ctx, uint64_t handle, struct str body)
{
    struct store *s = ctx;
    backend_final(s->backend, handle, body);
}

/* Only what another store, or this one a little later, may be able to do is worth another try. */
static void fail(void *ctx, uint64_t handle, enum err err, uint64_t retry_after_ms)
{
    struct store *s = ctx;
    backend_error(s->backend, handle, err, err == ERR_STORE_DOWN, retry_after_ms, STR(""));
}

static void on_request(void *ctx, const struct backend_request *rq)
{
    struct store *s = ctx;
    job_start(&s->world, s->config, rq->handle, rq->body, rq->ttl_ms, rq->trace);
}

static void on_cancel(void *ctx, uint64_t handle)
{
    struct store *s = ctx;

    log_trace(handle, "store.cancelled", "by=gateway");
    job_cancel(&s->world, handle);
}

static void on_drained(void *ctx)
{
    struct store *s = ctx;

    log_info(0, "store.drained", "gateways=%u", backend_gateways(s->backend));
    loop_quit(s->loop);
}

static void on_drain_timeout(void *ctx)
{
    struct store *s = ctx;

    log_warn(0, "store.drain_timeout", "open=%u", s->world.jobs_open);
    loop_quit(s->loop);
}

static void on_incompatible(void *ctx)
{
    struct store *s = ctx;

    s->status = EX_CONFIG;
    loop_quit(s->loop);
}

/* ---- the admin port ---- */

static const char *not_ready(void *ctx)
{
    const struct store *s = ctx;
    return backend_not_ready(s->backend);
}

static void count(void *ctx)
{
    const struct store *s = ctx;

    backend_update_metrics(s->backend);
    pg_client_count(s->pg);
    commit_count();
    backlog_count(s->backlog);
    metric_set(METRIC_REDIS, redis_client_is_up(s->redis));
}

static enum err open_admin(struct store *s)
{
    static const struct admin_ops ops = {
        .service = "store", .not_ready = not_ready, .count = count};

    return admin_open(&s->admin_port, s->loop, s->config->admin_address,
                      (unsigned)s->config->admin_port, &ops, s);
}

static enum err open_pg(struct store *s)
{
    struct buf               fault = {0};
    struct pg_client_options o = {.url = s->config->postgres_url,
                                  .connections = (unsigned)s->config->pg_connections,
                                  .statement_ms = s->config->pg_statement_ms,
                                  .on_incompatible = on_incompatible,
                                  .ctx = s};
    enum err                 err = pg_client_open(&s->pg, s->loop, s->resolver, &o, &fault);

    buf_fini(&fault);
    return err;
}

static enum err open_bus(struct store *s)
{
    static const struct backend_ops ops = {
        .on_request = on_request, .on_cancel = on_cancel, .on_drained = on_drained};
    struct backend_options o = {.service = SERVICE_STORE,
                                .gateways = s->config->bus_gateways,
                                .secret_key = s->config->bus_secret_key,
                                .gateway_key = s->config->bus_gateway_key,
                                .window = (unsigned)s->config->window};

    return backend_open(&s->backend, s->loop, s->resolver, &o, &ops, s);
}

/* ---- upkeep ---- */

static struct job *make_spool(void *ctx, unsigned bucket)
{
    struct store *s = ctx;
    return spool_new(&s->world, s->config, s->backlog, bucket);
}

static struct job *make_sweep(void *ctx, unsigned bucket)
{
    struct store *s = ctx;
    return sweep_new(&s->world, s->config, bucket);
}

static bool has_redis(void *ctx)
{
    struct store *s = ctx;
    return redis_client_is_up(s->redis);
}

static bool has_both(void *ctx)
{
    struct store *s = ctx;
    return pg_client_is_up(s->pg) && redis_client_is_up(s->redis);
}

static void start_upkeep(struct store *s)
{
    static const struct periodic_ops spools = {.make = make_spool, .is_due = has_redis};
    static const struct periodic_ops sweeps = {.make = make_sweep, .is_due = has_both};

    s->retention = retention_new(s->loop, s->pg, s->config);
    s->purge = purge_new(s->loop, s->pg);
    s->search_index = search_index_new(s->loop, s->pg);
    s->spools = periodic_new(s->loop, &spools, s);
    s->sweeps = periodic_new(s->loop, &sweeps, s);
}

/* ---- open and close ---- */

static void init_world(struct store *s)
{
    s->world = (struct world){.ctx = s,
                              .request_redis = request_redis,
                              .request_sql = request_sql,
                              .commit = commit,
                              .pg_unavailable_ms = pg_unavailable_ms,
                              .wall_ms = wall,
                              .reply = reply,
                              .fail = fail,
                              .spooled = spooled,
                              .flows = flows,
                              .steps = flows_steps,
                              .store = uuid_new()};
    job_world_init(&s->world);
}

enum err store_open(struct store **out, struct loop *l, const struct config *config)
{
    static const struct batch_ops batch_ops = {.send = send_transaction, .answer = answer_commit};
    struct store                 *s = mem_new(sizeof *s);

    s->loop = l;
    s->config = config;
    init_world(s);
    s->resolver = resolver_new(l);
    s->batch = batch_new(&batch_ops, s);
    s->backlog = backlog_new();
    enum err err = open_admin(s);
    if (!err)
        err = open_pg(s);
    if (!err)
        err =
            redis_client_open(&s->redis, l, s->resolver, config->redis_url, config->redis_reply_ms);
    if (!err)
        err = open_bus(s);
    if (err) {
        store_close(&s);
        return err;
    }
    start_upkeep(s);
    *out = s;
    return ERR_OK;
}

void store_drain(struct store *s)
{
    timer_start(&s->drain, s->loop, DRAIN_MS, on_drain_timeout, s);
    backend_drain(s->backend);
}

/* The databases are closed first: whoever still waits for one gets ERR_DOWN, and ends. */
void store_close(struct store **store)
{
    struct store *s = *store;

    if (!s)
        return;
    admin_close(&s->admin_port);
    redis_client_close(&s->redis);
    pg_client_close(&s->pg);
    retention_free(&s->retention);
    purge_free(&s->purge);
    search_index_free(&s->search_index);
    batch_free(&s->batch);
    must(s->world.jobs_open == 0);
    periodic_free(&s->spools);
    periodic_free(&s->sweeps);
    backlog_free(&s->backlog);
    backend_close(&s->backend);
    timer_stop(&s->pump);
    timer_stop(&s->drain);
    deferred_call_stop(&s->soon);
    resolver_free(&s->resolver);
    free(s);
    *store = NULL;
}

int store_status(const struct store *s)
{
    return s->status;
}
