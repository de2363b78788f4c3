/* store: sessions, conversations and turns, in Postgres and Redis. */
#include <sysexits.h>

#include "base/log.h"
#include "base/random.h"
#include "loop/otlp.h"
#include "pg/pg_address.h"
#include "redis/redis_url.h"
#include "store.h"

#include "base/config_as_items.h"
static const struct config_item items[] = {
#include "base/common.def"
#include "bus/backend/backend.def"
#include "config.def"
};
#include "base/config_done.h"

#define SWEEP_MS 60000

static struct config config;

static void check_urls(struct config_run *run)
{
    struct redis_url   redis;
    struct pg_address *pg = NULL;
    struct buf         fault = {0};

    if (config.redis_url && !redis_url_read(&redis, str_of(config.redis_url)))
        buf_print(&run->faults, "  REDIS_URL: is neither unix:/path nor redis://host:port\n");
    else if (config.redis_url)
        redis_url_fini(&redis);
    if (config.postgres_url && !pg_address_read(&pg, config.postgres_url, &fault))
        buf_print(&run->faults, "  POSTGRES_URL: %s\n", fault.p);
    pg_address_free(&pg);
    buf_fini(&fault);
}

static void check_budget(struct config_run *run)
{
    if (config.session_budget > 0 && config.turn_reserve > config.session_budget)
        buf_print(&run->faults, "  TURN_RESERVE: is more than SESSION_BUDGET, so no turn could "
                                "begin\n");
}

/* What a dead gateway leaves must be found before it expires in Redis. */
static void check_lease(struct config_run *run)
{
    if (config.answer_keep_ms < config.lease_ms + SWEEP_MS)
        buf_print(&run->faults, "  ANSWER_KEEP_MS: must be at least LEASE_MS and a minute\n");
}

static void on_stop(void *ctx)
{
    store_drain(ctx);
}

int main(int argc, char **argv)
{
    struct config_run run;
    struct store     *store = NULL;
    int               status = EX_UNAVAILABLE;

    config_start(&run, "store", items, COUNT_OF(items), &config, argc, argv);
    config_need(&run, "BUS_SECRET_KEY", config.bus_secret_key);
    config_need(&run, "BUS_GATEWAY_KEY", config.bus_gateway_key);
    config_need(&run, "REDIS_URL", config.redis_url);
    config_need(&run, "POSTGRES_URL", config.postgres_url);
    check_urls(&run);
    check_budget(&run);
    check_lease(&run);
    config_open_log(&run, config.log_name, config.log_level, config.log_format);
    config_check_url(&run, "OTEL_EXPORTER_OTLP_ENDPOINT", config.otlp_endpoint);
    config_finish(&run);
    random_init();

    struct loop *loop = loop_new();
    struct otlp *otlp = otlp_open(loop, config.otlp_endpoint, "store");
    if (!store_open(&store, loop, &config)) {
        loop_on_signals(loop, on_stop, NULL, store);
        log_info(0, "store.started", "window=%u", (unsigned)config.window);
        loop_run(loop);
        status = store_status(store);
    }
    store_close(&store);
    otlp_close(&otlp);
    loop_free(&loop);
    return status;
}
