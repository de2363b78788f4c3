/* llm-worker: asks OpenRouter for answers. */
#include <stdlib.h>

#include "base/log.h"
#include "base/random.h"
#include "loop/otlp.h"
#include "worker.h"

static void on_stop(void *ctx)
{
    worker_drain(ctx);
}

int main(int argc, char **argv)
{
    static struct config config; /* its texts live as long as the process */
    struct worker       *worker = NULL;

    config_load(&config, argc, argv);
    random_init();
    loop_raise_fd_limit();
    struct loop *loop = loop_new();
    struct otlp *otlp = otlp_open(loop, config.otlp_endpoint, "llm-worker");
    enum err     err = worker_open(&worker, loop, &config);
    if (!err) {
        log_info(0, "worker.started", "upstream=%s slots=%llu operator_key=%d",
                 log_quote(str_of(config.base_url)), (unsigned long long)config.slots,
                 config.operator_key.len > 0);
        loop_on_signals(loop, on_stop, NULL, worker);
        loop_run(loop);
    }
    worker_close(&worker);
    otlp_close(&otlp);
    loop_free(&loop);
    seal_ring_wipe(&config.ring);
    log_info(0, "worker.stopped", "status=%d", err ? EXIT_FAILURE : EXIT_SUCCESS);
    return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
