/* What joins the bus, the two databases and the walks. */
#include <stdlib.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "batch.h"
#include "commit.h"
#include "fill.h"
#include "forget.h"
#include "job.h"
#include "loop/admin.h"
#include "pg.h"
#include "redis.h"
#include "rounds.h"
#include "spool.h"
#include "store.h"
#include "wipe.h"

#define DRAIN_MS 10000

struct store {
    struct loop         *loop;   /* borrowed */
    const struct config *config; /* borrowed */
    struct resolver     *resolver;
    struct backend      *backend;
    struct admin        *admin_port;
    struct redis        *redis;
    struct pg           *pg;
    struct batch        *batch;
    struct timer         pump;
    struct deferred_call soon;
    struct timer         drain;
    struct forget       *forget;
    struct wipe         *wipe;
    struct fill         *fill;
    struct rounds       *drains, *sweeps;
    struct world         world;
    int                  status;
};

/* Where an answer goes. */
struct place {
    struct job *job;
    unsigned    at;
};

static struct place *place_new(struct job *job, unsigned at)
{
    struct place *p = mem_new(sizeof *p);

    *p = (struct place){job, at};
    return p;
}

/* ---- asking the databases ---- */

static void on_redis(void *ctx, enum err err, struct grid *grid)
{
    struct place p = *(struct place *)ctx;

    free(ctx);
    job_answer(p.job, p.at, err, grid);
}

static enum err ask_redis(void *ctx, enum script script, const struct args *args, struct job *job,
                          unsigned at)
{
    struct store *s = ctx;

    if (!s->redis) /* at the end it goes first, and who waited for it may turn to it again */
        return ERR_DOWN;
    struct place *p = job ? place_new(job, at) : NULL;
    enum err      err = redis_ask(s->redis, script, args, job ? on_redis : NULL, p);

    if (err)
        free(p);
    return err;
}

static void on_pg(void *ctx, enum err err, struct grid *grids, unsigned count)
{
    struct place p = *(struct place *)ctx;

    (void)count;
    free(ctx);
    job_answer(p.job, p.at, err, err ? NULL : &grids[0]);
}

static enum err ask_pg(void *ctx, const struct pg_item *items, unsigned count, struct job *job,
                       unsigned at)
{
    struct store *s = ctx;

    if (!s->pg)
        return ERR_DOWN;
    struct place *p = job ? place_new(job, at) : NULL;
    enum err      err = pg_ask(s->pg, items, count, job ? on_pg : NULL, p);

    if (err)
        free(p);
    return err;
}

/* ---- commits ---- */

static void pump(void *ctx)
{
    struct store *s = ctx;
    uint64_t      now = clock_ms();

    batch_pump(s->batch, now);
    uint64_t at = batch_wakes_at(s->batch, now);
    if (at == UINT64_MAX)
        timer_stop(&s->pump);
    else
        timer_start(&s->pump, s->loop, at > now ? at - now : 0, pump, s);
}

/* All commits that one turn of the loop brings leave together. */
static void pump_soon(struct store *s)
{
    deferred_call_start(&s->soon, s->loop, pump, s);
}

struct flight {
    struct store  *store;
    struct parcel *parcel;
};

static void on_committed(void *ctx, enum err err, struct grid *grids, unsigned count)
{
    struct flight f = *(struct flight *)ctx;

    (void)count;
    free(ctx);
    batch_done(f.parcel, err, grids, clock_ms());
    pump_soon(f.store);
}

static enum err send_parcel(void *ctx, const struct pg_item *items, unsigned count,
                            struct parcel *parcel)
{
    struct store  *s = ctx;
    struct flight *f = mem_new(sizeof *f);

    *f = (struct flight){s, parcel};
    enum err err = pg_ask(s->pg, items, count, on_committed, f);
    if (err)
        free(f);
    else
        failpoint(FAILPOINT_STORE_COMMIT_SENT);
    return err;
}

static void answer_commit(void *ctx, struct job *job, unsigned place, enum err err,
                          struct grid *grid)
{
    (void)ctx;
    job_answer(job, place, err, grid);
}

static void commit(void *ctx, const struct args *args, uint64_t patience_ms, struct job *job,
                   unsigned place)
{
    struct store *s = ctx;

    batch_add(s->batch, args, clock_ms(), patience_ms, job, place);
    pump_soon(s);
}

static uint64_t away_ms(void *ctx)
{
    struct store *s = ctx;
    return s->pg ? pg_away_ms(s->pg) : UINT64_MAX;
}

/* ---- the bus ---- */

static uint64_t wall(void *ctx)
{
    (void)ctx;
    return clock_wall_ms();
}

static void say(void *ctx, uint64_t handle, struct str body)
{
    struct store *s = ctx;
    backend_final(s->backend, handle, body);
}

/* Only what another store, or this one a little later, may do better is worth another try. */
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
    (void)ctx;
    log_trace(handle, "store.cancelled", "by=gateway");
    job_cancel(handle);
}

static void on_drained(void *ctx)
{
    struct store *s = ctx;

    log_info(0, "store.drained", "gateways=%u", backend_gateways(s->backend));
    loop_quit(s->loop);
}

static void on_drain_over(void *ctx)
{
    struct store *s = ctx;

    log_warn(0, "store.undrained", "open=%u", jobs_open());
    loop_quit(s->loop);
}

static void on_unfit(void *ctx)
{
    struct store *s = ctx;

    s->status = EX_CONFIG;
    loop_quit(s->loop);
}

/* ---- open and close ---- */

static bool has_redis(void *ctx)
{
    struct store *s = ctx;
    return redis_is_up(s->redis);
}

static bool has_both(void *ctx)
{
    struct store *s = ctx;
    return pg_is_up(s->pg) && redis_is_up(s->redis);
}

static const char *not_ready(void *ctx)
{
    const struct store *s = ctx;
    return backend_not_ready(s->backend);
}

static void count(void *ctx)
{
    const struct store *s = ctx;

    backend_update_metrics(s->backend);
    pg_count(s->pg);
    commit_count();
    spool_count();
    metric_set(METRIC_REDIS, redis_is_up(s->redis));
}

static enum err open_private(struct store *s)
{
    static const struct admin_ops ops = {"store", not_ready, count};

    return admin_open(&s->admin_port, s->loop, s->config->admin_address,
                      (unsigned)s->config->admin_port, &ops, s);
}

static enum err open_pg(struct store *s)
{
    struct buf        fault = {0};
    struct pg_options o = {.url = s->config->postgres_url,
                           .connections = (unsigned)s->config->pg_connections,
                           .statement_ms = s->config->pg_statement_ms,
                           .on_unfit = on_unfit,
                           .ctx = s};
    enum err          err = pg_open(&s->pg, s->loop, s->resolver, &o, &fault);

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

enum err store_open(struct store **out, struct loop *l, const struct config *config)
{
    static const struct batch_ops batch_ops = {send_parcel, answer_commit};
    struct store                 *s = mem_new(sizeof *s);

    s->loop = l;
    s->config = config;
    s->world = (struct world){s, ask_redis, ask_pg, commit, away_ms, wall, say, fail};
    s->resolver = resolver_new(l);
    s->batch = batch_new(&batch_ops, s);
    enum err err = open_private(s);
    if (!err)
        err = open_pg(s);
    if (!err)
        err = redis_open(&s->redis, l, s->resolver, config->redis_url, config->redis_reply_ms);
    if (!err)
        err = open_bus(s);
    if (err) {
        store_close(&s);
        return err;
    }
    s->forget = forget_new(l, s->pg, config);
    s->wipe = wipe_new(l, s->pg);
    s->fill = fill_new(l, s->pg);
    s->drains = rounds_new(l, &s->world, config, STEP_DRAIN_ASK_NEXT, has_redis, s);
    s->sweeps = rounds_new(l, &s->world, config, STEP_SWEEP_ASK_NEXT, has_both, s);
    *out = s;
    return ERR_OK;
}

void store_drain(struct store *s)
{
    timer_start(&s->drain, s->loop, DRAIN_MS, on_drain_over, s);
    backend_drain(s->backend);
}

/* The databases go first: whoever still waits for one hears that it is gone, and ends. */
void store_close(struct store **store)
{
    struct store *s = *store;

    if (!s)
        return;
    admin_close(&s->admin_port);
    redis_close(&s->redis);
    pg_close(&s->pg);
    forget_free(&s->forget);
    wipe_free(&s->wipe);
    fill_free(&s->fill);
    batch_free(&s->batch);
    must(jobs_open() == 0);
    rounds_free(&s->drains);
    rounds_free(&s->sweeps);
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
