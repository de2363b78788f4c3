/* Reads the settings. */
#include "config.h"
#include "base/log.h"

static const struct config_item items[] = {
#include "base/config_as_items.h"

#include "base/common.def"

#include "bus/backend/backend.def"

#include "config.def"

#include "base/config_done.h"
};

void config_load(struct config *c, int argc, char **argv)
{
    struct config_run run;

    config_start(&run, "filter", items, COUNT_OF(items), c, argc, argv);
    config_need(&run, "BUS_SECRET_KEY", c->bus_secret_key);
    config_need(&run, "BUS_GATEWAY_KEY", c->bus_gateway_key);
    config_open_log(&run, c->log_name, c->log_level, c->log_format);
    config_check_url(&run, "OTEL_EXPORTER_OTLP_ENDPOINT", c->otlp_endpoint);
    config_finish(&run);
}
