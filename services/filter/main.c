/* filter: is a message about cars, is an answer fit to be shown? */
#include <sysexits.h>

#include "base/config.h"
#include "base/log.h"
#include "base/random.h"
#include "filter.h"
#include "loop/otlp.h"

#include "base/config_as_items.h"
static const struct config_item items[] = {
#include "base/common.def"
#include "bus/backend/backend.def"
#include "config.def"
};
#include "base/config_done.h"

static struct config config;

static void on_stop(void *ctx)
{
    filter_drain(ctx);
}

int main(int argc, char **argv)
{
    struct config_run run;
    struct filter    *filter = NULL;

    config_start(&run, "filter", items, COUNT_OF(items), &config, argc, argv);
    config_need(&run, "BUS_SECRET_KEY", config.bus_secret_key);
    config_need(&run, "BUS_GATEWAY_KEY", config.bus_gateway_key);
    config_open_log(&run, config.log_name, config.log_level, config.log_format);
    config_check_url(&run, "OTEL_EXPORTER_OTLP_ENDPOINT", config.otlp_endpoint);
    config_finish(&run);
    random_init();

    struct loop *loop = loop_new();
    struct otlp *otlp = otlp_open(loop, config.otlp_endpoint, "filter");
    enum err     err = filter_open(&filter, loop, &config);
    if (!err) {
        loop_on_signals(loop, on_stop, NULL, filter);
        log_info(0, "filter.started", "window=%u", (unsigned)config.window);
        loop_run(loop);
    }
    filter_close(&filter);
    otlp_close(&otlp);
    loop_free(&loop);
    return err ? EX_UNAVAILABLE : EX_OK;
}
