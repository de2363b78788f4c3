/* config - the settings of the filter; see config.def. */
#ifndef FILTER_CONFIG_H
#define FILTER_CONFIG_H
#include "base/config.h"

struct config {
#include "base/config_as_fields.h"

#include "base/common.def"

#include "bus/backend/backend.def"

#include "config.def"

#include "base/config_done.h"
};

/* Reads and checks the settings; exits with a message if one is bad. */
void config_load(struct config *c, int argc, char **argv);

#endif
