/* The gateway's program: options, log, open, loop, close. */
#include <sysexits.h>

#include "base/random.h"
#include "gateway.h"
#include "http/body.h"

static void on_stop(void *ctx)
{
    gateway_drain(ctx);
}

static void on_hangup(void *ctx)
{
    gateway_reload(ctx);
}

int main(int argc, char **argv)
{
    static struct config config;
    struct gateway      *gateway;

    random_init();
    body_init();
    config_read(&config, argc, argv);
    loop_raise_fd_limit();
    struct loop *loop = loop_new();
    enum err     err = gateway_open(&gateway, loop, &config);
    if (!err) {
        loop_on_signals(loop, on_stop, on_hangup, gateway);
        loop_run(loop);
    }
    gateway_close(&gateway);
    loop_free(&loop);
    config_fini(&config);
    return err ? EX_UNAVAILABLE : EX_OK;
}
