/* filter: is a message about cars, and may an answer be shown? */
#include <sysexits.h>

#include "base/log.h"
#include "base/random.h"
#include "filter.h"
#include "loop/otlp.h"

static void on_stop(void *ctx)
{
    filter_drain(ctx);
}

int main(int argc, char **argv)
{
    static struct config config; /* its texts live as long as the process */
    struct filter       *filter = NULL;

    config_load(&config, argc, argv);
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
